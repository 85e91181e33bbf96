package wordkey

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strings"
	"testing"

	"golang.org/x/crypto/argon2"

	"github.com/tallow-transfer/tallow/internal/container"
	"github.com/tallow-transfer/tallow/internal/storelink"
	"github.com/tallow-transfer/tallow/internal/vectortest"
)

type vector struct {
	Words   string `json:"words"`
	ID      string `json:"id"`
	Key     string `json:"key"`
	Salt    string `json:"salt"`
	Passes  uint32 `json:"passes"`
	Memory  uint32 `json:"memory"`
	Lanes   uint8  `json:"lanes"`
	Wrapped string `json:"wrapped"`
}

// reference is a second implementation of section 20 of docs/protocol.md, written from
// that page. It shares nothing with the package.
func reference(v vector, id, key, salt []byte) []byte {
	head := binary.BigEndian.AppendUint32([]byte{1, v.Lanes}, v.Passes)
	head = append(binary.BigEndian.AppendUint32(head, v.Memory), salt...)
	stretched := argon2.IDKey([]byte(v.Words), salt, v.Passes, v.Memory, v.Lanes, 32)
	mac := func(key, data []byte) []byte {
		m := hmac.New(sha256.New, key)
		m.Write(data)
		return m.Sum(nil)
	}
	wrapping := mac(mac(make([]byte, 32), stretched), []byte("tallow/word key/1\x01"))
	block, err := aes.NewCipher(wrapping)
	if err != nil {
		panic(err)
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		panic(err)
	}
	return gcm.Seal(head, make([]byte, 12), key, append(bytes.Clone(head), id...))
}

// The package and the second implementation make the same bytes.
func TestVectors(t *testing.T) {
	counting := func(from, n int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(from + i)
		}
		return b
	}
	vectors := []vector{
		{Words: "acid-acoustics-acrobat-banana-canister-dairy-zucchini", Passes: 3, Memory: 65536, Lanes: 4},
		{Words: "zucchini-dairy-canister-banana-acrobat-acoustics-acid", Passes: 1, Memory: 64, Lanes: 1},
	}
	for i := range vectors {
		v := &vectors[i]
		id, key, salt := counting(16*i, 16), counting(100+i, 32), counting(200+i, 32)
		v.ID, v.Key, v.Salt = hex.EncodeToString(id), hex.EncodeToString(key), hex.EncodeToString(salt)
		want := reference(*v, id, key, salt)
		v.Wrapped = hex.EncodeToString(want)
		l := storelink.Link{ID: storelink.ID(id), Secret: [32]byte(key)}
		got, err := wrap(l, strings.Split(v.Words, "-"), container.Cost{Passes: v.Passes, Memory: v.Memory, Lanes: v.Lanes}, bytes.NewReader(salt))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("vector %d: %x, %v; want %x", i, got, err, want)
		}
		w, err := Parse(want)
		if err != nil {
			t.Fatal(err)
		}
		if secret, err := w.Open(l.ID, v.Words); err != nil || secret != l.Secret {
			t.Errorf("vector %d opens as %x, %v", i, secret, err)
		}
	}
	vectortest.Check(t, "wordkey.json", struct {
		Comment string   `json:"comment"`
		Keys    []vector `json:"keys"`
	}{"Keys of stored transfers, wrapped under words (docs/protocol.md, section 20).", vectors})
}
