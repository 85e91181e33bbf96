package container_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"testing"

	"github.com/tallow-transfer/tallow/internal/container"
	"github.com/tallow-transfer/tallow/internal/vectortest"
)

type vector struct {
	Secret   string `json:"secret,omitempty"`
	Password string `json:"password,omitempty"`
	Passes   uint32 `json:"passes,omitempty"`
	Memory   uint32 `json:"memory,omitempty"`
	Lanes    uint8  `json:"lanes,omitempty"`
	Offer    int    `json:"offer"`
	Payload  int    `json:"payload"`

	Key    string `json:"key"`
	Header string `json:"header"`
	Claim  string `json:"claim"`
	Size   int    `json:"size"`
	SHA256 string `json:"sha256"`
}

// counting returns n bytes, of which byte i is i mod 251.
func counting(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i % 251)
	}
	return b
}

// sealAll makes a container with the package.
func sealAll(t testing.TB, k *container.Keys, offer, payload []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	s, err := container.NewStream(&out, k, offer)
	if err != nil {
		t.Fatal(err)
	}
	w := container.NewWriter(s)
	if _, err := w.Write(payload); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// The package and the second implementation make the same containers, byte for byte.
func TestVectors(t *testing.T) {
	secret := bytes.Repeat([]byte{0xa5}, 32)
	vectors := []vector{
		{Secret: hex.EncodeToString(secret), Payload: 0},
		{Secret: hex.EncodeToString(secret), Offer: 65536, Payload: 65536},
		{Secret: hex.EncodeToString(secret), Offer: 100, Payload: 65537},
		{Secret: hex.EncodeToString(secret), Offer: 100, Payload: 128*65536 + 1},
		{Secret: hex.EncodeToString(secret), Offer: 100, Payload: 20_000_000},
		{Password: "correct horse battery staple", Passes: 1, Memory: 64, Lanes: 2, Offer: 100, Payload: 100},
		{Password: "Übergrößenträger", Passes: 2, Memory: 1024, Lanes: 1, Secret: hex.EncodeToString(secret), Offer: 100, Payload: 100},
	}
	for i := range vectors {
		v := &vectors[i]
		in := referenceInput{
			random: counting(1000), password: v.Password, passes: v.Passes, memory: v.Memory, lanes: uint32(v.Lanes),
			offer: counting(v.Offer), payload: counting(v.Payload),
		}
		var key *container.Key
		if v.Secret != "" {
			in.secret = secret
			key = (*container.Key)(secret)
		}
		want := referenceSeal(in)
		k, err := container.NewFrom(bytes.NewReader(in.random), key, v.Password, container.Cost{Passes: v.Passes, Memory: v.Memory, Lanes: v.Lanes})
		if err != nil {
			t.Fatal(err)
		}
		got := sealAll(t, k, in.offer, in.payload)
		if !bytes.Equal(got, want.sealed) {
			t.Errorf("vector %d: %d bytes that are not the %d of the reference", i, len(got), len(want.sealed))
		}
		if c := k.Claim(); !bytes.Equal(c[:], want.claim) {
			t.Errorf("vector %d: claim %x, want %x", i, c, want.claim)
		}
		if n := container.SealedSize(int64(v.Payload)); n != int64(len(want.sealed)) {
			t.Errorf("vector %d: SealedSize is %d, want %d", i, n, len(want.sealed))
		}
		checkOpens(t, want.sealed, key, v.Password, in)
		sum := sha256.Sum256(want.sealed)
		v.Key, v.Header, v.Claim = hex.EncodeToString(want.key), hex.EncodeToString(want.header), hex.EncodeToString(want.claim)
		v.Size, v.SHA256 = len(want.sealed), hex.EncodeToString(sum[:])
	}
	vectortest.Check(t, "container.json", struct {
		Comment    string   `json:"comment"`
		Containers []vector `json:"containers"`
	}{
		"Containers (docs/protocol.md, section 15) of an offer and a payload of that many bytes, of which byte i is i mod 251. " +
			"So are the random bytes, in the order in which they are drawn: the key (not used with a secret alone), the salts of the header, the offer and each segment.",
		vectors,
	})
}

// checkOpens opens what the reference sealed.
func checkOpens(t *testing.T, sealed []byte, key *container.Key, password string, in referenceInput) {
	t.Helper()
	r := bytes.NewReader(sealed)
	h, err := container.ReadHeader(r)
	if err != nil {
		t.Fatal(err)
	}
	k, err := h.Open(key, password)
	if err != nil {
		t.Fatal(err)
	}
	offer, err := container.ReadOffer(r, k)
	if err != nil || !bytes.Equal(offer[:len(in.offer)], in.offer) {
		t.Errorf("the offer is not what was sealed: %v", err)
	}
	got, err := io.ReadAll(container.NewReader(r, k))
	if err != nil || !bytes.Equal(got, referencePayload(in.payload)) {
		t.Errorf("the payload is %d bytes, not what was sealed: %v", len(got), err)
	}
}
