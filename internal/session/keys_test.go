package session

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"testing"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// The record format, computed a second time from its description alone.
func TestRecordBytes(t *testing.T) {
	secret := [32]byte{9, 8, 7}
	k := newRecordKey(secret, wire.RecordData, 3)
	buf := make([]byte, wire.MaxRecord)
	for counter := range uint64(3) {
		got, err := k.seal(buf, []byte("hello, "), []byte("world"))
		if err != nil {
			t.Fatal(err)
		}
		key, err := hkdf.Expand(sha256.New, secret[:], "tallow/2 lane \x00\x00\x00\x03\x00\x00\x00\x00", 32)
		if err != nil {
			t.Fatal(err)
		}
		block, _ := aes.NewCipher(key)
		gcm, _ := cipher.NewGCM(block)
		head := binary.BigEndian.AppendUint64([]byte{0x21}, counter)
		nonce := binary.BigEndian.AppendUint64(make([]byte, 4), counter)
		want := gcm.Seal(bytes.Clone(head), nonce, []byte("hello, world"), head)
		if !bytes.Equal(got, want) {
			t.Errorf("record %d is %x, want %x", counter, got, want)
		}
	}
}

// Keys are replaced after their share of records, and both sides agree on when.
func TestKeyEpochs(t *testing.T) {
	out, in := newRecordKey([32]byte{1}, wire.RecordControl, 0), newRecordKey([32]byte{1}, wire.RecordControl, 0)
	out.bits, in.bits = 2, 2
	buf := make([]byte, wire.MaxRecord)
	var first cipher.AEAD
	for i := range 13 {
		rec, err := out.seal(buf, []byte("same"))
		if err != nil {
			t.Fatal(err)
		}
		if i%4 == 0 && out.aead == first {
			t.Errorf("record %d begins an epoch with the old key", i)
		}
		first = out.aead
		r, err := wire.ParseRecord(rec)
		if err != nil {
			t.Fatal(err)
		}
		if plain, err := in.open(rec[:wire.RecordHeader], r); err != nil || string(plain) != "same" {
			t.Fatalf("record %d: %q, %v", i, plain, err)
		}
	}
}

func TestEpochIsUnderTheLimit(t *testing.T) {
	if epochBits >= 32 {
		t.Error("NIST SP 800-38D allows less than 2^32 records a key")
	}
}
