package handshake

import (
	"bytes"
	"crypto/hpke"
	"crypto/rand"
	"encoding/binary"
	"slices"
	"testing"

	"github.com/cloudflare/circl/kem/xwing"

	"github.com/tallow-transfer/tallow/internal/vectortest"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// The standard library has X-Wing inside of HPKE only, which shows a secret
// that is derived from the KEM's. hpkeExport derives the same from a shared
// secret by RFC 9180's key schedule (section 5.1, base mode, HKDF-SHA256,
// export only), so that equal exports mean equal shared secrets.
func hpkeExport(kem uint16, sharedSecret []byte, context string, n int) []byte {
	suite := binary.BigEndian.AppendUint16([]byte("HPKE"), kem)
	suite = append(suite, 0x00, 0x01, 0xff, 0xff)
	extract := func(salt []byte, label string, ikm []byte) []byte {
		return mac(salt, slices.Concat([]byte("HPKE-v1"), suite, []byte(label), ikm))
	}
	labeled := func(prk []byte, label string, info []byte, n int) []byte {
		length := binary.BigEndian.AppendUint16(nil, uint16(n))
		return expand(prk, string(slices.Concat(length, []byte("HPKE-v1"), suite, []byte(label), info)), n)
	}
	schedule := slices.Concat([]byte{0}, extract(nil, "psk_id_hash", nil), extract(nil, "info_hash", nil))
	exporter := labeled(extract(sharedSecret, "secret", nil), "exp", schedule, 32)
	return labeled(exporter, "sec", []byte(context), n)
}

func TestXWingAgainstStandardLibrary(t *testing.T) {
	kem, context := hpke.MLKEM768X25519(), "tallow test"
	for range 8 {
		seed := make([]byte, xwing.SeedSize)
		must(t, draw(rand.Reader, seed))
		secret, public := xwing.DeriveKeyPair(seed)
		var packed [xwing.PublicKeySize]byte
		public.Pack(packed[:])
		theirs, err := kem.NewPrivateKey(seed)
		must(t, err)
		check(t, "public key of the seed", packed[:], theirs.PublicKey().Bytes())

		// They encapsulate to our key.
		theirPublic, err := kem.NewPublicKey(packed[:])
		must(t, err)
		enc, sender, err := hpke.NewSender(theirPublic, hpke.HKDFSHA256(), hpke.ExportOnly(), nil)
		must(t, err)
		want, err := sender.Export(context, 64)
		must(t, err)
		ss := make([]byte, xwing.SharedKeySize)
		secret.DecapsulateTo(ss, enc)
		check(t, "export of what they encapsulated", hpkeExport(kem.ID(), ss, context, 64), want)

		// We encapsulate to theirs.
		var ciphertext [xwing.CiphertextSize]byte
		ss, err = encapsulate(rand.Reader, (*[xwing.PublicKeySize]byte)(theirs.PublicKey().Bytes()), &ciphertext)
		must(t, err)
		recipient, err := hpke.NewRecipient(ciphertext[:], theirs, hpke.HKDFSHA256(), hpke.ExportOnly(), nil)
		must(t, err)
		want, err = recipient.Export(context, 64)
		must(t, err)
		check(t, "export of what we encapsulated", hpkeExport(kem.ID(), ss, context, 64), want)
	}
}

func TestXWingReference(t *testing.T) {
	var file struct {
		Vectors []struct{ Seed, ESeed, SS, PK, CT hexBytes }
	}
	vectortest.Read(t, "xwing.json", &file)
	for _, v := range file.Vectors {
		secret, public := xwingKeys(t, v.Seed)
		check(t, "public key", public, v.PK)
		ciphertext, ss := xwingEncapsulate(t, public, v.ESeed)
		check(t, "ciphertext", ciphertext, v.CT)
		check(t, "shared secret", ss, v.SS)
		check(t, "decapsulated", secret.decapsulate(t, ciphertext), v.SS)
	}
}

// The encapsulation key check of FIPS 203: coefficients have to be under 3329.
func TestEncapsulateRefusesBadKey(t *testing.T) {
	var key [wire.XWingPublicKeySize]byte
	for i := range key {
		key[i] = 0xff
	}
	var ciphertext [wire.XWingCiphertextSize]byte
	if _, err := encapsulate(bytes.NewReader(make([]byte, 64)), &key, &ciphertext); !isMalformed(err) {
		t.Errorf("%v, want ErrMalformed", err)
	}
}
