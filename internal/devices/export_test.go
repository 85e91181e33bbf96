package devices_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/internal/devices"
	"github.com/tallow-transfer/tallow/internal/vault/devicekey"
)

func export(t *testing.T, s *devices.Store) devices.Exported {
	t.Helper()
	e, err := s.Export(t.Context())
	must(t, err)
	return e
}

// imports imports an export, and compares what has become of its devices.
func imports(t *testing.T, s *devices.Store, e devices.Exported, want devices.Imported) {
	t.Helper()
	got, err := s.Import(t.Context(), e.Bytes)
	must(t, err)
	for what, pair := range map[string][2][]string{
		"added": {got.Added, want.Added}, "back": {got.Back, want.Back}, "here": {got.Here, want.Here}, "taken": {got.Taken, want.Taken}, "older": {got.Older, want.Older},
	} {
		if !slices.Equal(pair[0], pair[1]) {
			t.Errorf("%s: %q, want %q", what, pair[0], pair[1])
		}
	}
}

// A device that was exported is used by the machine that has imported it, and not by the one
// that it comes from, which gets it back by the same way.
func TestExport(t *testing.T) {
	laptop, phone := pair(t)
	ctx := t.Context()
	rules := devices.Rules{Accept: true, Folder: "/in", MaxBytes: 5}
	must(t, laptop.SetRules(ctx, "phone", rules))
	opens(t, laptop, seal(t, phone, "laptop", "waits"), "phone", "waits")
	late := seal(t, phone, "laptop", "late")
	before, err := laptop.Get(ctx, "phone")
	must(t, err)
	e := export(t, laptop)
	if e.Count != 1 {
		t.Errorf("%d devices", e.Count)
	}

	if _, _, err := laptop.Seal(ctx, "phone", devices.Note{}); !errors.Is(err, devices.ErrMoved) {
		t.Errorf("a note for what has moved: %v", err)
	}
	if _, _, err := laptop.Open(ctx, late.slot, late.bytes); !errors.Is(err, devices.ErrMoved) {
		t.Errorf("a note of what has moved: %v", err)
	}
	if waiting, err := laptop.Waiting(ctx); err != nil || len(waiting) != 0 || len(slots(t, laptop)) != 0 {
		t.Errorf("it still acts upon %v, %v", waiting, err)
	}
	if moved, err := laptop.Get(ctx, "phone"); err != nil || moved.Moved.IsZero() {
		t.Errorf("%+v, %v", moved, err)
	}
	if again := export(t, laptop); !bytes.Equal(again.Bytes, e.Bytes) {
		t.Error("it is exported with another state")
	}

	next := openStore(t, t.TempDir())
	imports(t, next, e, devices.Imported{Added: []string{"phone"}})
	after, err := next.Get(ctx, "phone")
	if err != nil || after.Fingerprint != before.Fingerprint || after.Rules != rules || !after.Moved.IsZero() || !after.Paired.Equal(before.Paired) || after.Relay != relay {
		t.Errorf("it comes as %+v, %v", after, err)
	}
	waiting, err := next.Waiting(ctx)
	if err != nil || len(waiting) != 1 || waiting[0].Note.Code != "waits" {
		t.Errorf("%+v, %v", waiting, err)
	}
	opens(t, next, late, "phone", "late")
	opens(t, phone, seal(t, next, "phone", "from the new one"), "laptop", "from the new one")
	imports(t, next, e, devices.Imported{Here: []string{"phone"}})
	opens(t, phone, seal(t, next, "phone", "again"), "laptop", "again")

	back := export(t, next)
	must(t, laptop.Rename(ctx, "phone", "mine"))
	imports(t, laptop, back, devices.Imported{Back: []string{"phone"}})
	opens(t, phone, seal(t, laptop, "mine", "from the old one"), "laptop", "from the old one")
	imports(t, next, e, devices.Imported{Older: []string{"phone"}}) // it has stopped later
	if _, _, err := next.Seal(ctx, "phone", devices.Note{}); !errors.Is(err, devices.ErrMoved) {
		t.Errorf("an older state is used: %v", err)
	}
}

// An export that nobody has got changes nothing, and one before it stays.
func TestAbandonedExport(t *testing.T) {
	laptop, phone := pair(t)
	must(t, laptop.Abandon(t.Context(), export(t, laptop)))
	opens(t, phone, seal(t, laptop, "phone", "still"), "laptop", "still")
	first := export(t, laptop)
	must(t, laptop.Abandon(t.Context(), export(t, laptop)))
	if _, _, err := laptop.Seal(t.Context(), "phone", devices.Note{}); !errors.Is(err, devices.ErrMoved) {
		t.Errorf("what was exported before is used: %v", err)
	}
	imports(t, laptop, first, devices.Imported{Back: []string{"phone"}})
	opens(t, phone, seal(t, laptop, "phone", "and again"), "laptop", "and again")
}

// A name that is taken is left out, and comes once that one has another.
func TestImportOfTakenNames(t *testing.T) {
	laptop, phone := pair(t)
	must(t, laptop.Rename(t.Context(), "phone", "old-phone"))
	second := openStore(t, t.TempDir())
	pairStores(t, laptop, second)
	other, third := pair(t)
	e := export(t, laptop)
	imports(t, other, e, devices.Imported{Added: []string{"old-phone"}, Taken: []string{"phone"}})
	opens(t, third, seal(t, other, "phone", "mine"), "laptop", "mine")
	must(t, other.Rename(t.Context(), "phone", "third"))
	imports(t, other, e, devices.Imported{Added: []string{"phone"}, Here: []string{"old-phone"}})
	opens(t, second, seal(t, other, "phone", "yours"), "laptop", "yours")
	opens(t, phone, seal(t, other, "old-phone", "yours"), "laptop", "yours")
}

// Two machines with the same state are told apart: what the second one says lies where the first
// has said something, or does not open.
func TestImportOnTwoMachines(t *testing.T) {
	laptop, phone := pair(t)
	opens(t, phone, seal(t, laptop, "phone", "at first"), "laptop", "at first")
	said := seal(t, phone, "laptop", "before") // with a new key: the ratchet takes a step
	e := export(t, laptop)
	one, two := openStore(t, t.TempDir()), openStore(t, t.TempDir())
	for _, s := range []*devices.Store{one, two} {
		imports(t, s, e, devices.Imported{Added: []string{"phone"}})
		opens(t, s, said, "phone", "before")
	}
	first, second := seal(t, one, "phone", "one"), seal(t, two, "phone", "two")
	if first.slot != second.slot || bytes.Equal(first.bytes, second.bytes) {
		t.Error("the two do not collide")
	}
	opens(t, phone, first, "laptop", "one")
	refuses(t, phone, second)
	next := seal(t, two, "phone", "two")
	from, _, err := phone.Open(t.Context(), next.slot, next.bytes)
	if !errors.Is(err, devices.ErrNotOurs) || from.Name != "laptop" {
		t.Errorf("the phone does not notice it: %v, from %q", err, from.Name)
	}
}

// What is no export changes nothing.
func TestMalformedExport(t *testing.T) {
	laptop, _ := pair(t)
	good := export(t, laptop).Bytes
	other := openStore(t, t.TempDir())
	change := func(f func(device map[string]any)) []byte {
		t.Helper()
		var e map[string]any
		must(t, json.Unmarshal(good, &e))
		f(e["devices"].([]any)[0].(map[string]any))
		b, err := json.Marshal(e)
		must(t, err)
		return b
	}
	for what, b := range map[string][]byte{
		"nothing":              nil,
		"another thing":        []byte(`{"tallow_device":1}`),
		"a list":               []byte(`[]`),
		"no device":            []byte(`{"tallow_devices":1,"devices":[null]}`),
		"half":                 good[:len(good)/2],
		"a bad name":           change(func(d map[string]any) { d["Name"] = "../x" }),
		"no relay":             change(func(d map[string]any) { d["Relay"] = "" }),
		"no ratchet":           change(func(d map[string]any) { d["session"] = "AAAA" }),
		"no fingerprint":       change(func(d map[string]any) { d["Fingerprint"] = make([]int, 32) }),
		"notes from nowhere":   change(func(d map[string]any) { d["acked"] = 7 }),
		"bits that cannot be":  change(func(d map[string]any) { d["in"].(map[string]any)["opened"] = 1 }),
		"a limit that is none": change(func(d map[string]any) { d["Rules"].(map[string]any)["max_bytes"] = -1 }),
		"twice the same":       bytes.Replace(good, []byte(`"devices":[`), append([]byte(`"devices":[`), append(bytes.TrimSuffix(bytes.SplitN(good, []byte(`"devices":[`), 2)[1], []byte(`]}`)), ',')...), 1),
	} {
		if _, err := other.Import(t.Context(), b); !errors.Is(err, devices.ErrExport) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := other.Import(t.Context(), []byte(`{"tallow_devices":2}`)); !errors.Is(err, devices.ErrNewerExport) {
		t.Errorf("of a newer version: %v", err)
	}
	if all, err := other.List(t.Context()); err != nil || len(all) != 0 {
		t.Errorf("there are %+v, %v", all, err)
	}
}

// Whatever is imported can be used, or is refused when it is imported or used.
func FuzzImport(f *testing.F) {
	invites, err := devices.Invite("name", relay, time.Now())
	if err != nil {
		f.Fatal(err)
	}
	dir := f.TempDir()
	o, err := devicekey.Store{Dir: dir, NoKeyring: errors.New("a test")}.Open(f.Context())
	if err != nil {
		f.Fatal(err)
	}
	open := func(name string) *devices.Store {
		s, err := devices.Open(context.Background(), filepath.Join(dir, name), o.Key, nil)
		if err != nil {
			f.Fatal(err)
		}
		return s
	}
	s := open("seed")
	if err := s.Add(f.Context(), invites, "phone"); err != nil {
		f.Fatal(err)
	}
	e, err := s.Export(f.Context())
	if err != nil || s.Close() != nil {
		f.Fatal(err)
	}
	f.Add(e.Bytes)
	f.Add([]byte(`{"tallow_devices":1,"devices":[]}`))
	f.Add([]byte(`{"tallow_devices":1,"devices":[{"Name":"a"}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		name := "fuzzed"
		s := open(name)
		defer func() {
			_ = s.Close()
			_ = os.RemoveAll(filepath.Join(dir, name))
		}()
		done, err := s.Import(t.Context(), b)
		if err != nil {
			if !errors.Is(err, devices.ErrExport) && !errors.Is(err, devices.ErrNewerExport) {
				t.Error(err)
			}
			return
		}
		all, err := s.List(t.Context())
		if err != nil || len(all) != len(done.Added) {
			t.Fatalf("%d devices of %v, %v", len(all), done, err)
		}
		for _, d := range all {
			_, _, _ = s.Seal(t.Context(), d.Name, devices.Note{Kind: devices.KindHeard})
		}
		if _, err := s.Slots(t.Context()); err != nil {
			t.Error(err)
		}
	})
}
