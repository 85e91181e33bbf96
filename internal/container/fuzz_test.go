package container_test

import (
	"bytes"
	"testing"

	"github.com/tallow-transfer/tallow/internal/container"
)

// A header that parses is written again as it was.
func FuzzParseHeader(f *testing.F) {
	secret := container.Key{1}
	f.Add([]byte{})
	f.Add(newKeys(f, &secret, "").Header().Bytes())
	f.Add(newKeys(f, &secret, "pass").Header().Bytes())
	f.Add(newKeys(f, nil, "pass").Header().Bytes())
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := container.ParseHeader(b)
		if err == nil && !bytes.Equal(h.Bytes(), b) {
			t.Errorf("%x becomes %x", b, h.Bytes())
		}
	})
}

// Whatever is done to a container, what comes out of it is a beginning of what was
// sealed, and all of it only if nothing was done.
func FuzzReader(f *testing.F) {
	secret := container.Key{1}
	payload := counting(3*65536 + 5)
	sealed := sealAll(f, newKeys(f, &secret, ""), []byte("offer"), payload)
	whole := referencePayload(payload)
	f.Add(uint32(0), uint32(0), []byte{})
	f.Add(uint32(preface+100), uint32(1), []byte{1})
	f.Add(uint32(len(sealed)), uint32(0), []byte{0})
	f.Fuzz(func(t *testing.T, at, cut uint32, put []byte) {
		start := min(int(at), len(sealed))
		end := min(start+int(cut), len(sealed))
		changed := join(sealed[:start], put, sealed[end:])
		got, err := open(changed, &secret, "")
		if !bytes.HasPrefix(whole, got) {
			t.Error("a wrong byte comes out")
		}
		if (err == nil) != bytes.Equal(changed, sealed) {
			t.Errorf("changed: %v, error: %v", !bytes.Equal(changed, sealed), err)
		}
	})
}
