package devicekey

import (
	"encoding/hex"
	"errors"
	"reflect"
	"strings"
	"testing"
)

// testCost makes a password cheap.
func testCost() cost { return cost{passes: 1, memory: 8, lanes: 1} }

func TestNote(t *testing.T) {
	key := &Key{secret: [Size]byte([]byte("0123456789abcdef0123456789abcdef"))}
	check, err := key.check()
	if err != nil {
		t.Fatal(err)
	}
	const name, base64Key = "0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
	password := &wrapped{cost: cost{passes: 3, memory: 65536, lanes: 4}, salt: [saltSize]byte{1}, sealed: [wrappedSize]byte{2}}
	second := "password 3 65536 4 AQ" + strings.Repeat("A", 41) + "= Ag" + strings.Repeat("A", 62) + "\n"
	inHex := hex.EncodeToString(check[:])
	for _, tt := range []struct {
		note note
		want string
	}{
		{note{place: PlaceFile, key: key, check: check}, "tallow-device-key/1 file " + base64Key + "\n"},
		{note{place: PlaceKeyring, name: name, check: check}, "tallow-device-key/1 keyring " + name + " " + inHex + "\n"},
		{note{place: PlaceFile, key: key, check: check, password: password}, "tallow-device-key/1 file " + base64Key + "\n" + second},
		{note{place: PlaceKeyring, name: name, check: check, password: password}, "tallow-device-key/1 keyring " + name + " " + inHex + "\n" + second},
		{note{place: PlacePassword, name: name, check: check, password: password}, "tallow-device-key/1 locked " + name + " " + inHex + "\n" + second},
	} {
		if got := string(tt.note.append(nil)); got != tt.want {
			t.Errorf("written %q, want %q", got, tt.want)
		}
		back, err := parseNote([]byte(tt.want))
		if err != nil || !reflect.DeepEqual(back, tt.note) {
			t.Errorf("read %+v, %v", back, err)
		}
		first := strings.Index(tt.want, "\n") + 1
		for i := range tt.want {
			if i == first && tt.note.place != PlacePassword {
				continue // that is a note without a password
			}
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
	key := newKey()
	password, err := wrap(key, "password", testCost())
	if err != nil {
		f.Fatal(err)
	}
	for _, n := range []note{
		{place: PlaceFile, key: key},
		{place: PlaceKeyring, name: strings.Repeat("0f", 16)},
		{place: PlaceFile, key: key, password: password},
		{place: PlacePassword, name: strings.Repeat("0f", 16), password: password},
	} {
		f.Add(n.append(nil))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		n, err := parseNote(b)
		if err != nil {
			if !errors.Is(err, ErrDamaged) {
				t.Error(err)
			}
			return
		}
		if n.password != nil && !n.password.cost.possible() {
			t.Errorf("it asks for %+v", n.password.cost)
		}
		again, err := parseNote(n.append(nil))
		if err != nil || !reflect.DeepEqual(again, n) {
			t.Errorf("%q does not come back: %v", b, err)
		}
	})
}
