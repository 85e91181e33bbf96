package devicekey

import (
	"crypto/hmac"
	"crypto/sha256"
	"testing"
)

// expand is HKDF-Expand of RFC 5869 for one block, written out.
func expand(key []byte, label string) (block [32]byte) {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(label))
	mac.Write([]byte{1})
	return [32]byte(mac.Sum(nil))
}

func TestDerive(t *testing.T) {
	device := newKey()
	a, err := device.Derive("tallow/1 one use")
	if err != nil {
		t.Fatal(err)
	}
	if want := expand(device.secret[:], "tallow/1 one use"); a.secret != want {
		t.Errorf("derived %x, want %x", a.secret, want)
	}
	check, err := device.check()
	if want := expand(device.secret[:], "tallow/1 device key check"); err != nil || [16]byte(want[:16]) != check {
		t.Errorf("the check value is %x, want %x; %v", check, want[:16], err)
	}
	a.Wipe()
	if *a != (Key{}) {
		t.Error("it is not wiped")
	}
}

func TestAEAD(t *testing.T) {
	a, err := newKey().AEAD()
	if err != nil {
		t.Fatal(err)
	}
	nonce := make([]byte, a.NonceSize())
	sealed := a.Seal(nil, nonce, []byte("text"), []byte("cell"))
	if got, err := a.Open(nil, nonce, sealed, []byte("cell")); err != nil || string(got) != "text" {
		t.Errorf("opened: %q, %v", got, err)
	}
	b, err := newKey().AEAD()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Open(nil, nonce, sealed, []byte("cell")); err == nil {
		t.Error("another key opens it")
	}
}
