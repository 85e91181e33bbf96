package handshake

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
)

// appendLV appends the CPace draft's prepend_len of p: its length in LEB128,
// then p.
func appendLV[T ~[]byte | ~string](b []byte, p T) []byte {
	return append(binary.AppendUvarint(b, uint64(len(p))), p...)
}

// transcript is what both sides know of one run.
type transcript struct {
	ci  []byte // CPace's channel identifier
	sid []byte
	m1  []byte
	m2  []byte
}

func newTranscript(p Params, receiverNonce [16]byte) transcript {
	ci := appendLV(nil, protocol)
	ci = appendLV(ci, "receiver")
	ci = appendLV(ci, "sender")
	ci = appendLV(ci, p.Nameplate)
	return transcript{ci: ci, sid: slices.Concat(p.SenderNonce[:], receiverNonce[:])}
}

// hash is th, over everything that was said.
func (t transcript) hash() [32]byte {
	b := appendLV(nil, t.ci)
	b = appendLV(b, t.sid)
	b = appendLV(b, t.m1)
	b = appendLV(b, t.m2)
	return sha256.Sum256(b)
}
