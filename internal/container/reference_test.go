package container_test

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"math"

	"golang.org/x/crypto/argon2"
)

// This file is a second implementation of section 15 of docs/protocol.md, written
// from that page and for these tests alone. It shares nothing with the package.

type referenceInput struct {
	random                []byte // key, salt of the header, of the offer, of each segment
	secret                []byte // nil: none
	password              string
	passes, memory, lanes uint32
	offer, payload        []byte
}

type referenceOutput struct{ key, header, sealed, claim []byte }

func referenceHMAC(key []byte, parts ...[]byte) []byte {
	m := hmac.New(sha256.New, key)
	for _, p := range parts {
		m.Write(p)
	}
	return m.Sum(nil)
}

// referenceExpand is HKDF-Expand for the 32 bytes of one block.
func referenceExpand(prk []byte, info string) []byte {
	return referenceHMAC(prk, []byte(info), []byte{1})
}

// referenceHKDF is HKDF with a salt, which may be empty.
func referenceHKDF(ikm, salt []byte, info string) []byte {
	if len(salt) == 0 {
		salt = make([]byte, sha256.Size)
	}
	return referenceExpand(referenceHMAC(salt, ikm), info)
}

func referenceGCM(key, nonce, plaintext, aad []byte) []byte {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err)
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		panic(err)
	}
	return gcm.Seal(nil, nonce, plaintext, aad)
}

// referencePadme computes Padmé with floating-point logarithms, as the paper does.
func referencePadme(n int) int {
	if n < 2 {
		return n
	}
	e := math.Floor(math.Log2(float64(n)))
	s := math.Floor(math.Log2(e)) + 1
	if e < 1 {
		return n
	}
	last := int(math.Exp2(e - s))
	return (n + last - 1) / last * last
}

func referencePayload(payload []byte) []byte {
	n := referencePadme(len(payload))
	for n%65536 != 0 || n == 0 {
		n++
	}
	return append(append([]byte{}, payload...), make([]byte, n-len(payload))...)
}

func referenceBox(key, salt []byte, first uint64, plaintext []byte, last bool) []byte {
	own := referenceHKDF(key, salt, "tallow/container/1 segment")
	out := append([]byte{}, salt...)
	for i := 0; i*65536 < len(plaintext); i++ {
		nonce := make([]byte, 12)
		binary.BigEndian.PutUint64(nonce[3:11], first+uint64(i))
		if last && (i+1)*65536 == len(plaintext) {
			nonce[11] = 1
		}
		out = append(out, referenceGCM(own, nonce, plaintext[i*65536:(i+1)*65536], nil)...)
	}
	return out
}

// referenceSeal makes a container.
func referenceSeal(in referenceInput) (out referenceOutput) {
	next := func(n int) []byte {
		b := in.random[:n]
		in.random = in.random[n:]
		return b
	}
	out.key = next(32)
	salt := next(32)
	wrap := byte(0)
	switch {
	case in.password != "" && in.secret != nil:
		wrap = 2
	case in.password != "":
		wrap = 1
	case in.secret != nil:
		out.key = in.secret
	}
	h := append([]byte{0x8f}, "TALLOW\n"...)
	h = append(h, 1, 1, wrap, byte(in.lanes))
	h = binary.BigEndian.AppendUint32(h, in.passes)
	h = binary.BigEndian.AppendUint32(h, in.memory)
	h = append(h, salt...)
	wrapped := make([]byte, 48)
	if wrap != 0 {
		stretched := argon2.IDKey([]byte(in.password), salt, in.passes, in.memory, uint8(in.lanes), 32)
		kek := referenceHKDF(stretched, in.secret, "tallow/container/1 wrap")
		wrapped = referenceGCM(kek, make([]byte, 12), out.key, h)
	}
	h = append(h, wrapped...)
	prk := referenceHMAC(salt, out.key)
	h = append(h, referenceHMAC(referenceExpand(prk, "tallow/container/1 header"), h)...)
	out.header = h
	out.claim = referenceExpand(prk, "tallow/container/1 claim")

	whole := sha256.Sum256(h)
	offer := append(append([]byte{}, in.offer...), make([]byte, 65536-len(in.offer))...)
	out.sealed = append([]byte{}, h...)
	out.sealed = append(out.sealed, referenceBox(referenceExpand(prk, "tallow/container/1 offer"+string(whole[:])), next(16), 0, offer, true)...)
	data := referenceExpand(prk, "tallow/container/1 data"+string(whole[:]))
	const segment = 128 * 65536
	payload := referencePayload(in.payload)
	for i := 0; i*segment < len(payload); i++ {
		end := min((i+1)*segment, len(payload))
		out.sealed = append(out.sealed, referenceBox(data, next(16), uint64(i)*128, payload[i*segment:end], end == len(payload))...)
	}
	return out
}
