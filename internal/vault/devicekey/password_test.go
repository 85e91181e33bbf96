package devicekey

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"golang.org/x/crypto/argon2"
)

// The line of a password is what docs/security.md says, opened a second way.
func TestWrapped(t *testing.T) {
	key := newKey()
	w, err := wrap(key, "correct horse", cost{passes: 2, memory: 64, lanes: 3})
	if err != nil {
		t.Fatal(err)
	}
	line := string(w.append(nil))
	fields := strings.Fields(line)
	if len(fields) != 6 || strings.Join(fields[:4], " ") != "password 2 64 3" {
		t.Fatalf("the line is %q", line)
	}
	salt, err := base64.StdEncoding.DecodeString(fields[4])
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := base64.StdEncoding.DecodeString(fields[5])
	if err != nil {
		t.Fatal(err)
	}
	wrapping := expand(argon2.IDKey([]byte("correct horse"), salt, 2, 64, 3, 32), "tallow/1 device key password")
	block, err := aes.NewCipher(wrapping[:])
	if err != nil {
		t.Fatal(err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	head := line[:strings.LastIndexByte(line, ' ')]
	got, err := aead.Open(nil, make([]byte, 12), sealed, []byte(head))
	if err != nil || [Size]byte(got) != key.secret {
		t.Errorf("opened: %x, %v", got, err)
	}

	back, err := w.open("correct horse")
	if err != nil || *back != *key {
		t.Errorf("it opens as another key: %v", err)
	}
	for _, wrong := range []string{"", "correct  horse", "Correct horse"} {
		if _, err := w.open(wrong); !errors.Is(err, ErrPassword) {
			t.Errorf("%q: %v", wrong, err)
		}
	}
	again, err := wrap(key, "correct horse", w.cost)
	if err != nil || again.salt == w.salt || again.sealed == w.sealed {
		t.Error("sealed twice, it is the same")
	}
}

// A change to any part of the line shows.
func TestWrappedIsAuthentic(t *testing.T) {
	w, err := wrap(newKey(), "password", cost{passes: 1, memory: 64, lanes: 1})
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*wrapped){
		"passes": func(w *wrapped) { w.cost.passes++ },
		"memory": func(w *wrapped) { w.cost.memory++ },
		"lanes":  func(w *wrapped) { w.cost.lanes++ },
		"salt":   func(w *wrapped) { w.salt[31] ^= 1 },
		"key":    func(w *wrapped) { w.sealed[0] ^= 1 },
		"tag":    func(w *wrapped) { w.sealed[wrappedSize-1] ^= 1 },
	} {
		changed := *w
		change(&changed)
		if _, err := changed.open("password"); !errors.Is(err, ErrPassword) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A file cannot ask for more work than is reasonable, nor for what is none.
func TestCostIsBounded(t *testing.T) {
	if c := usualCost(); !c.possible() {
		t.Errorf("the usual cost %+v is not possible", c)
	}
	tail := " " + strings.Repeat("A", 43) + "= " + strings.Repeat("A", 64)
	for numbers, possible := range map[string]bool{
		"1 8 1":            true,
		"16 524288 16":     true,
		"0 64 1":           false,
		"17 64 1":          false,
		"1 7 1":            false,
		"1 524289 1":       false,
		"1 64 0":           false,
		"1 64 17":          false,
		"1 64 257":         false,
		"1 31 4":           false,
		"01 64 1":          false,
		"+1 64 1":          false,
		"-1 64 1":          false,
		"4294967297 64 1":  false,
		"1 4294967295 1":   false,
		"1 99999999999 1":  false,
		"1 64 99999999999": false,
	} {
		if _, err := parseWrapped("password " + numbers + tail); (err == nil) != possible {
			t.Errorf("%s: %v", numbers, err)
		}
	}
}
