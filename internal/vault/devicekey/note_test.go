package devicekey

import (
	"errors"
	"strings"
	"testing"
)

func TestNote(t *testing.T) {
	key := &Key{secret: [Size]byte([]byte("0123456789abcdef0123456789abcdef"))}
	for _, tt := range []struct {
		note note
		want string
	}{
		{note{key: key}, "tallow-device-key/1 file MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=\n"},
		{note{name: strings.Repeat("0f", 16), check: [16]byte{1, 2}}, "tallow-device-key/1 keyring " + strings.Repeat("0f", 16) + " 0102" + strings.Repeat("00", 14) + "\n"},
	} {
		if got := string(tt.note.append(nil)); got != tt.want {
			t.Errorf("written %q, want %q", got, tt.want)
		}
		back, err := parseNote([]byte(tt.want))
		if err != nil || back.name != tt.note.name || back.check != tt.note.check || (back.key == nil) != (tt.note.key == nil) {
			t.Errorf("read %+v, %v", back, err)
		}
		for i := range tt.want {
			if _, err := parseNote([]byte(tt.want[:i])); !errors.Is(err, ErrDamaged) {
				t.Errorf("the first %d bytes: %v", i, err)
			}
		}
		for _, bad := range []string{"tallow-device-key/2" + tt.want[19:], tt.want + "\n", tt.want[:19] + " " + tt.want[19:], strings.Replace(tt.want, "/1 ", "/1 x", 1)} {
			if _, err := parseNote([]byte(bad)); !errors.Is(err, ErrDamaged) {
				t.Errorf("%q: %v", bad, err)
			}
		}
	}
}

func FuzzParseNote(f *testing.F) {
	f.Add(note{key: newKey()}.append(nil))
	f.Add(note{name: strings.Repeat("0f", 16)}.append(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		n, err := parseNote(b)
		if err != nil {
			if !errors.Is(err, ErrDamaged) {
				t.Error(err)
			}
			return
		}
		again, err := parseNote(n.append(nil))
		if err != nil || again.name != n.name || again.check != n.check || n.key != nil && *again.key != *n.key {
			t.Errorf("%q does not come back: %v", b, err)
		}
	})
}
