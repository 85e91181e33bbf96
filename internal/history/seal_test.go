package history

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tallow-transfer/tallow/internal/vault/sealeddb"
)

// expand is HKDF-Expand of RFC 5869 for one block, written out.
func expand(key []byte, label string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(label + "\x01"))
	return mac.Sum(nil)
}

// A sealed value is what docs/security.md says, computed a second way from the key in
// the file.
func TestSealed(t *testing.T) {
	dir := t.TempDir()
	s, err := sealeddb.NewSealer(testKey(t, dir), "history", cells())
	if err != nil {
		t.Fatal(err)
	}
	note, err := os.ReadFile(filepath.Join(dir, "device-key"))
	if err != nil {
		t.Fatal(err)
	}
	device, err := base64.StdEncoding.DecodeString(strings.Fields(string(note))[2])
	if err != nil {
		t.Fatal(err)
	}
	block, err := aes.NewCipher(expand(expand(device, "tallow/1 history"), "tallow/1 history column entries.peer"))
	if err != nil {
		t.Fatal(err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	sealed := s.Seal(cell{Table: "entries", Column: "peer"}, 258, []byte("laptop"))
	place := "\x16tallow/1 history value\x07entries\x04peer\x00\x00\x00\x00\x00\x00\x01\x02"
	if sealed[0] != 1 {
		t.Errorf("the version is %d", sealed[0])
	}
	plain, err := aead.Open(nil, sealed[1:13], sealed[13:], []byte(place))
	if want := "\x06laptop" + strings.Repeat("\x00", 25); err != nil || string(plain) != want {
		t.Errorf("it is %q, want %q, %v", plain, want, err)
	}
	again := s.Seal(cell{Table: "entries", Column: "peer"}, 258, []byte("laptop"))
	if string(again) == string(sealed) {
		t.Error("sealed twice, it is the same")
	}
}
