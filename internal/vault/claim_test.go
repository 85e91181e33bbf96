package vault

import (
	"bytes"
	"testing"
)

func TestClaim(t *testing.T) {
	secret, id, claim := [32]byte{1}, [16]byte{2}, [16]byte{3}
	sealed, err := SealClaim(secret, id, claim)
	if err != nil {
		t.Fatal(err)
	}
	if got, ok := OpenClaim(secret, id, sealed); !ok || got != claim {
		t.Errorf("opened: %x, %v", got, ok)
	}
	if again, _ := SealClaim(secret, id, claim); bytes.Equal(again, sealed) {
		t.Error("sealed twice, it is the same")
	}
	if bytes.Contains(sealed, claim[:]) || len(sealed) > MaxSealedResume {
		t.Errorf("sealed: %x", sealed)
	}
	for i := range sealed {
		changed := bytes.Clone(sealed)
		changed[i] ^= 1
		if _, ok := OpenClaim(secret, id, changed); ok {
			t.Errorf("byte %d changed: opened", i)
		}
	}
	if _, ok := OpenClaim([32]byte{9}, id, sealed); ok {
		t.Error("opened with another secret")
	}
	if _, ok := OpenClaim(secret, [16]byte{9}, sealed); ok {
		t.Error("opened for another transfer")
	}
	if _, err := OpenResume("words", "7", sealed, MachineKey{}); err == nil {
		t.Error("it is a resume state")
	}
}

func FuzzOpenClaim(f *testing.F) {
	sealed, err := SealClaim([32]byte{1}, [16]byte{2}, [16]byte{3})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sealed)
	f.Add([]byte{claimVersion})
	f.Fuzz(func(t *testing.T, b []byte) {
		if claim, ok := OpenClaim([32]byte{1}, [16]byte{2}, b); ok && claim != [16]byte{3} {
			t.Errorf("%x opens to %x", b, claim)
		}
	})
}
