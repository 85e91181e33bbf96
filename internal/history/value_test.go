package history

import (
	"bytes"
	"errors"
	"reflect"
	"testing"
)

// values are the sealed columns of an entry: what writes one, and what reads it.
func values() map[string]struct {
	append func(Entry) []byte
	parse  func(*Entry, []byte) error
} {
	return map[string]struct {
		append func(Entry) []byte
		parse  func(*Entry, []byte) error
	}{
		"names":   {func(e Entry) []byte { return e.appendNames(nil) }, (*Entry).parseNames},
		"places":  {func(e Entry) []byte { return e.appendPlaces(nil) }, (*Entry).parsePlaces},
		"peer":    {func(e Entry) []byte { return e.appendPeer(nil) }, (*Entry).parsePeer},
		"outcome": {func(e Entry) []byte { return e.Outcome.append(nil) }, func(e *Entry, b []byte) error { return e.Outcome.parse(b) }},
	}
}

func TestValues(t *testing.T) {
	e := Entry{Names: []string{"a", ""}, Paths: []string{"/a", "\xff"}, Folder: "/b", Peer: "p", Relay: "r", Address: "::1", Outcome: Outcome{Files: 1}}
	for name, want := range map[string]string{
		"names":   "\x00\x01a\x00",
		"places":  "\x02\x02/a\x01\xff\x02/b",
		"peer":    "\x01p\x01r\x03::1",
		"outcome": `{"files":1,"bytes":0,"sent":0}`,
	} {
		v := values()[name]
		b := v.append(e)
		if string(b) != want {
			t.Errorf("%s is %q, want %q", name, b, want)
		}
		var back Entry
		if err := v.parse(&back, b); err != nil || !bytes.Equal(v.append(back), b) {
			t.Errorf("%s comes back as %+v, %v", name, back, err)
		}
		if err := v.parse(&back, append(b, 0x80)); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s with a byte more: %v", name, err)
		}
	}
	var empty Entry
	for name, v := range values() {
		if err := v.parse(&empty, nil); !errors.Is(err, ErrDamaged) {
			t.Errorf("an empty %s: %v", name, err)
		}
	}
}

// FuzzValues parses what was in the database. It is sealed, so nobody but this
// program wrote it; another version of it may have.
func FuzzValues(f *testing.F) {
	e := example()
	for _, v := range values() {
		f.Add(v.append(e))
	}
	f.Add(appendPage(nil, []text{{3, []byte("a")}, {9, nil}}))
	f.Fuzz(func(t *testing.T, b []byte) {
		for name, v := range values() {
			var e, again Entry
			if err := v.parse(&e, b); err != nil {
				if !errors.Is(err, ErrDamaged) {
					t.Errorf("%s: %v", name, err)
				}
				continue
			}
			if err := v.parse(&again, v.append(e)); err != nil || !reflect.DeepEqual(e, again) && name != "outcome" {
				t.Errorf("%s: %+v comes back as %+v, %v", name, e, again, err)
			}
		}
		var texts []text
		if err := parsePage(b, func(t text) { texts = append(texts, t) }); err != nil {
			if !errors.Is(err, ErrDamaged) {
				t.Error(err)
			}
			return
		}
		n := 0
		err := parsePage(appendPage(nil, texts), func(again text) {
			if again.id != texts[n].id || !bytes.Equal(again.b, texts[n].b) {
				t.Errorf("%v comes back as %v", texts[n], again)
			}
			n++
		})
		if err != nil || n != len(texts) {
			t.Errorf("%d of %d texts come back, %v", n, len(texts), err)
		}
	})
}
