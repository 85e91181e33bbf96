package container

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
)

// The header, with big-endian numbers. What is for a password is 0 without one.
//
//	magic 8 | version u8 | suite u8 | wrap u8 | lanes u8 | passes u32 | memory u32 | salt 32 | wrapped key 48 | mac 32
//
// Memory is in KiB. The MAC is HMAC-SHA256 over all that is before it.
const (
	magic      = "\x8fTALLOW\n"
	version    = 1
	suite      = 1 // AES-256-GCM, HKDF-SHA256, chunks of 64 KiB, 128 of them in a segment
	headerSalt = 20
	headerKey  = 52
	headerMAC  = 100

	// HeaderSize is the number of bytes of a header.
	HeaderSize = 132
)

// wrap says where the key of a container comes from.
type wrap uint8

const (
	wrapNone     wrap = 0 // the reader has it
	wrapPassword wrap = 1 // it is in the header, under a key from a password
	wrapBoth     wrap = 2 // likewise, from a password and a secret that the reader has
)

// Header is a header whose form is right. Its key decides whether it is genuine.
type Header struct {
	raw  [HeaderSize]byte
	wrap wrap
	cost Cost
}

// Bytes returns the header as it is written.
func (h *Header) Bytes() []byte { return bytes.Clone(h.raw[:]) }

// NeedsPassword reports whether a password is needed to open the container.
func (h *Header) NeedsPassword() bool { return h.wrap != wrapNone }

// NeedsSecret reports whether a key is needed, alone or besides a password.
func (h *Header) NeedsSecret() bool { return h.wrap != wrapPassword }

// newHeader returns a header without a wrapped key and MAC.
func newHeader(w wrap, c Cost, salt []byte) *Header {
	h := &Header{wrap: w, cost: c}
	b := append(h.raw[:0], magic...)
	b = append(b, version, suite, byte(w), c.Lanes)
	b = binary.BigEndian.AppendUint32(b, c.Passes)
	b = binary.BigEndian.AppendUint32(b, c.Memory)
	_ = append(b, salt...)
	return h
}

// ParseHeader parses a header of HeaderSize bytes. The error is ErrFormat, ErrVersion,
// ErrTruncated or a *CostError.
func ParseHeader(b []byte) (*Header, error) {
	n := min(len(b), len(magic))
	switch {
	case !bytes.Equal(b[:n], []byte(magic[:n])) || n == 0:
		return nil, ErrFormat
	case len(b) < HeaderSize:
		return nil, ErrTruncated
	case len(b) > HeaderSize:
		return nil, ErrFormat
	case b[8] != version || b[9] != suite || b[10] > byte(wrapBoth):
		return nil, ErrVersion
	}
	h := &Header{wrap: wrap(b[10]), cost: Cost{
		Lanes: b[11], Passes: binary.BigEndian.Uint32(b[12:]), Memory: binary.BigEndian.Uint32(b[16:]),
	}}
	copy(h.raw[:], b)
	if h.wrap == wrapNone {
		if h.cost != (Cost{}) || [headerMAC - headerKey]byte(b[headerKey:headerMAC]) != [headerMAC - headerKey]byte{} {
			return nil, ErrFormat
		}
		return h, nil
	}
	return h, h.cost.Check()
}

// mac returns the MAC of the header.
func (h *Header) mac(k *Keys) []byte {
	m := hmac.New(sha256.New, k.expand(labelHeader, nil))
	m.Write(h.raw[:headerMAC])
	return m.Sum(nil)
}
