package handshake

import (
	"crypto/sha512"
	"errors"
	"io"

	"github.com/bwesterb/go-ristretto"
)

// The domain separation identifiers of CPACE-RISTR255-SHA512
// (draft-irtf-cfrg-cpace-21).
const (
	cpaceDSI    = "CPaceRistretto255"
	cpaceISKDSI = cpaceDSI + "_ISK"
)

// generatorString is the draft's generator_string. The zeros fill the hash's
// first block, so that its timing does not depend on the length of the words.
func generatorString(prs, ci, sid []byte) []byte {
	b := appendLV(nil, cpaceDSI)
	b = appendLV(b, prs)
	pad := max(0, sha512.BlockSize-1-len(b))
	b = appendLV(b, make([]byte, pad))
	b = appendLV(b, ci)
	return appendLV(b, sid)
}

// generator is the draft's calculate_generator: the one-way map of RFC 9496,
// section 4.3.4, over the hash of the generator string. SetElligator is its MAP,
// and ignores the highest bit of each half as the RFC requires.
func generator(prs, ci, sid []byte) *ristretto.Point {
	hash := sha512.Sum512(generatorString(prs, ci, sid))
	var p, q ristretto.Point
	p.SetElligator((*[32]byte)(hash[:32]))
	q.SetElligator((*[32]byte)(hash[32:]))
	return p.Add(&p, &q)
}

// sampleScalar draws a scalar from 1 to the group's order less 1. It reduces 64
// bytes, so that the bias is negligible.
func sampleScalar(random io.Reader) (*ristretto.Scalar, error) {
	var seed [64]byte
	if err := draw(random, seed[:]); err != nil {
		return nil, err
	}
	s := new(ristretto.Scalar).SetReduced(&seed)
	clear(seed[:])
	if s.IsNonZeroI() == 0 {
		return nil, errors.New("the system's random source is broken")
	}
	return s, nil
}

// encodedMult is the draft's scalar_mult: s * p, encoded.
func encodedMult(s *ristretto.Scalar, p *ristretto.Point) (out [32]byte) {
	var product ristretto.Point
	product.ScalarMult(p, s).BytesInto(&out)
	return out
}

// encodedMultVerified is the draft's scalar_mult_vfy: s times the point that
// the peer sent. It returns ErrPoint for bytes that are not the canonical encoding
// of a point, and if the product is the identity.
func encodedMultVerified(s *ristretto.Scalar, share [32]byte) (out [32]byte, err error) {
	var p ristretto.Point
	if !p.SetBytes(&share) {
		return out, ErrPoint
	}
	out = encodedMult(s, &p)
	if out == [32]byte{} { // the encoding of the identity; the run ends here, so the timing reveals nothing
		return out, ErrPoint
	}
	return out, nil
}

// intermediateKey is the draft's ISK of an initiator-responder run.
func intermediateKey(sid []byte, k, ya [32]byte, ada []byte, yb [32]byte, adb []byte) [64]byte {
	b := appendLV(nil, cpaceISKDSI)
	b = appendLV(b, sid)
	b = appendLV(b, k[:])
	b = appendLV(b, ya[:])
	b = appendLV(b, ada)
	b = appendLV(b, yb[:])
	b = appendLV(b, adb)
	return sha512.Sum512(b)
}
