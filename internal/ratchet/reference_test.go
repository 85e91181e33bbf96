package ratchet_test

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/hmac"
	"crypto/mlkem"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
)

// reference is a second implementation, from docs/protocol.md alone and in another
// manner: it keeps every key that it has ever known under the name of its message, and
// opens a message by looking for it. It forgets nothing, so it is of no use but here.
type reference struct {
	initiator bool

	dhRoot                 []byte
	private                *ecdh.PrivateKey
	sendHeader, nextSend   []byte
	nextReceive            []byte
	sendChain              []byte
	sent, sentBefore       uint32
	receiving              map[string][]byte // the first chain key by header key
	kemRoot                []byte
	epoch                  uint32
	epochSend              []byte
	epochSent, epochBefore uint32
	epochReceive           map[uint32][]byte // the first chain key by epoch
	heard                  uint32            // the latest epoch of what came
	decapsulation          *mlkem.DecapsulationKey768
	ciphertext             []byte
}

// labelled is HKDF-SHA256 (RFC 5869), written out, of n keys.
func labelled(secret, salt []byte, label string, n int) [][]byte {
	if salt == nil {
		salt = make([]byte, 32)
	}
	extract := mac(salt, secret)
	var keys [][]byte
	var block []byte
	for i := range n {
		block = mac(extract, block, []byte("tallow/ratchet/1 "+label), []byte{byte(i + 1)})
		keys = append(keys, block)
	}
	return keys
}

func mac(key []byte, parts ...[]byte) []byte {
	h := hmac.New(sha256.New, key)
	for _, p := range parts {
		h.Write(p)
	}
	return h.Sum(nil)
}

// messageKey walks a chain from its first key.
func messageKey(chain []byte, n uint32) []byte {
	for range n {
		chain = mac(chain, []byte{2})
	}
	return mac(chain, []byte{1})
}

func newReference(initiator bool, secret, peer []byte) (*reference, []byte) {
	private, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		panic(err)
	}
	r := &reference{initiator: initiator, private: private, receiving: map[string][]byte{}, epochReceive: map[uint32][]byte{}}
	two := labelled(secret, nil, "session", 2)
	start := labelled(two[0], nil, "start", 5)
	r.dhRoot = start[0]
	if initiator {
		r.sendHeader, r.nextReceive = start[1], start[2]
		r.receiving[string(start[3])] = start[4]
		r.sendChain, r.nextSend = r.dhStep(peer)
		r.decapsulation, _ = mlkem.GenerateKey768()
	} else {
		r.nextSend, r.nextReceive = start[2], start[1]
		r.sendHeader, r.sendChain = start[3], start[4]
	}
	r.kemStep(two[1], make([]byte, 32))
	return r, private.PublicKey().Bytes()
}

func (r *reference) dhStep(peer []byte) (chain, header []byte) {
	public, err := ecdh.X25519().NewPublicKey(peer)
	if err != nil {
		panic(err)
	}
	shared, err := r.private.ECDH(public)
	if err != nil {
		panic(err)
	}
	k := labelled(shared, r.dhRoot, "step", 3)
	r.dhRoot = k[0]
	return k[1], k[2]
}

func (r *reference) kemStep(secret, root []byte) {
	k := labelled(secret, root, "epoch", 3)
	r.kemRoot = k[0]
	if !r.initiator {
		k[1], k[2] = k[2], k[1]
	}
	r.epochSend, r.epochReceive[r.epoch] = k[1], k[2]
}

func sealed(secret, salt []byte, label string) cipher.AEAD {
	block, err := aes.NewCipher(labelled(secret, salt, label, 1)[0])
	if err != nil {
		panic(err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic(err)
	}
	return aead
}

func (r *reference) seal(payload string) []byte {
	salt := make([]byte, 16)
	rand.Read(salt)
	h := []byte{0}
	h = append(h, r.private.PublicKey().Bytes()...)
	for _, n := range []uint32{r.sentBefore, r.sent, r.epoch, r.epochBefore, r.epochSent} {
		h = binary.BigEndian.AppendUint32(h, n)
	}
	part := make([]byte, 1184)
	switch {
	case r.decapsulation != nil:
		h[0] = 1
		copy(part, r.decapsulation.EncapsulationKey().Bytes())
	case r.ciphertext != nil:
		h[0] = 2
		copy(part, r.ciphertext)
	}
	m := sealed(r.sendHeader, salt, "header").Seal(salt, make([]byte, 12), append(h, part...), associated)
	body := make([]byte, 715)
	binary.BigEndian.PutUint16(body, uint16(len(payload)))
	copy(body[2:], payload)
	keys := append(messageKey(r.sendChain, r.sent), messageKey(r.epochSend, r.epochSent)...)
	r.sent++
	r.epochSent++
	return sealed(keys, salt, "message").Seal(m, make([]byte, 12), body, append(append([]byte{}, m...), associated...))
}

func (r *reference) open(m []byte) (string, error) {
	salt, box := m[:16], m[16:16+1253]
	for headerKey := range r.receiving {
		if h, err := sealed([]byte(headerKey), salt, "header").Open(nil, make([]byte, 12), box, associated); err == nil {
			return r.openWith(h, headerKey, m)
		}
	}
	h, err := sealed(r.nextReceive, salt, "header").Open(nil, make([]byte, 12), box, associated)
	if err != nil {
		return "", errors.New("no header key")
	}
	headerKey := string(r.nextReceive)
	r.receiving[headerKey], r.nextReceive = r.dhStep(h[1:33])
	if r.private, err = ecdh.X25519().GenerateKey(rand.Reader); err != nil {
		return "", err
	}
	r.sentBefore, r.sent, r.sendHeader = r.sent, 0, r.nextSend
	r.sendChain, r.nextSend = r.dhStep(h[1:33])
	return r.openWith(h, headerKey, m)
}

func (r *reference) openWith(h []byte, headerKey string, m []byte) (string, error) {
	number := func(i int) uint32 { return binary.BigEndian.Uint32(h[33+4*i:]) }
	n, epoch, epochN, part := number(1), number(2), number(4), h[53:]
	if r.epochReceive[epoch] == nil { // the ciphertext begins it
		secret, err := r.decapsulation.Decapsulate(part[:1088])
		if err != nil {
			return "", err
		}
		r.nextEpoch(secret)
		r.decapsulation = nil
	}
	if epoch > r.heard && r.ciphertext != nil { // it has come
		r.ciphertext = nil
		r.decapsulation, _ = mlkem.GenerateKey768()
	}
	r.heard = max(r.heard, epoch)
	keys := append(messageKey(r.receiving[headerKey], n), messageKey(r.epochReceive[epoch], epochN)...)
	body, err := sealed(keys, m[:16], "message").Open(nil, make([]byte, 12), m[16+1253:], append(append([]byte{}, m[:16+1253]...), associated...))
	if err != nil {
		return "", err
	}
	if h[0] == 1 && epoch == r.epoch && r.decapsulation == nil && r.ciphertext == nil {
		key, err := mlkem.NewEncapsulationKey768(part)
		if err != nil {
			return "", err
		}
		var secret []byte
		secret, r.ciphertext = key.Encapsulate()
		r.nextEpoch(secret)
	}
	return string(body[2 : 2+binary.BigEndian.Uint16(body)]), nil
}

func (r *reference) nextEpoch(secret []byte) {
	r.epoch++
	r.epochBefore, r.epochSent = r.epochSent, 0
	r.kemStep(secret, r.kemRoot)
}
