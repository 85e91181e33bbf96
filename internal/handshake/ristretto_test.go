package handshake

import (
	"math/big"
	mathrand "math/rand/v2"
	"slices"
	"testing"

	"github.com/bwesterb/go-ristretto"
)

// ristretto255 of RFC 9496 over math/big: slow and plain. It shares no code with the
// library that the package uses, and is the oracle for points.

// point is an affine point of edwards25519.
type point struct{ x, y *big.Int }

// curve has the constants of RFC 9496, section 4.1.
type curve struct {
	p, order, d, sqrtM1, sqrtADMinusOne, invSqrtAMinusD, oneMinusDSq, dMinusOneSq *big.Int
}

func decimal(s string) *big.Int {
	n, ok := new(big.Int).SetString(s, 10)
	if !ok {
		panic("not a number: " + s)
	}
	return n
}

func newCurve() *curve {
	c := &curve{
		p:              new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 255), big.NewInt(19)),
		order:          new(big.Int).Add(new(big.Int).Lsh(big.NewInt(1), 252), decimal("27742317777372353535851937790883648493")),
		sqrtADMinusOne: decimal("25063068953384623474111414158702152701244531502492656460079210482610430750235"),
		invSqrtAMinusD: decimal("54469307008909316920995813868745141605393597292927456921205312896311721017578"),
	}
	c.d = c.mul(big.NewInt(-121665), c.inv(big.NewInt(121666)))
	c.sqrtM1 = new(big.Int).Exp(big.NewInt(2), new(big.Int).Rsh(c.p, 2), c.p)
	c.oneMinusDSq = c.sub(big.NewInt(1), c.mul(c.d, c.d))
	dMinusOne := c.sub(c.d, big.NewInt(1))
	c.dMinusOneSq = c.mul(dMinusOne, dMinusOne)
	return c
}

func (c *curve) mod(n *big.Int) *big.Int    { return n.Mod(n, c.p) }
func (c *curve) add(a, b *big.Int) *big.Int { return c.mod(new(big.Int).Add(a, b)) }
func (c *curve) sub(a, b *big.Int) *big.Int { return c.mod(new(big.Int).Sub(a, b)) }
func (c *curve) mul(a, b *big.Int) *big.Int { return c.mod(new(big.Int).Mul(a, b)) }
func (c *curve) neg(a *big.Int) *big.Int    { return c.mod(new(big.Int).Neg(a)) }
func (c *curve) inv(a *big.Int) *big.Int {
	return new(big.Int).Exp(c.mod(new(big.Int).Set(a)), new(big.Int).Sub(c.p, big.NewInt(2)), c.p) // 0 stays 0
}

func (c *curve) abs(a *big.Int) *big.Int {
	if a.Bit(0) == 1 {
		return c.neg(a)
	}
	return a
}

// sqrtRatio is SQRT_RATIO_M1 of section 4.2.
func (c *curve) sqrtRatio(u, v *big.Int) (wasSquare bool, root *big.Int) {
	ratio := c.mul(u, c.inv(v))
	if v.Sign() == 0 {
		return u.Sign() == 0, big.NewInt(0)
	}
	if r := new(big.Int).ModSqrt(ratio, c.p); r != nil {
		return true, c.abs(r)
	}
	return false, c.abs(new(big.Int).ModSqrt(c.mul(c.sqrtM1, ratio), c.p))
}

// decode is section 4.3.1.
func (c *curve) decode(b [32]byte) (pt point, ok bool) {
	s := littleEndian(b[:])
	if s.Cmp(c.p) >= 0 || s.Bit(0) == 1 {
		return pt, false
	}
	one, ss := big.NewInt(1), c.mul(s, s)
	u1, u2 := c.sub(one, ss), c.add(one, ss)
	v := c.sub(c.neg(c.mul(c.d, c.mul(u1, u1))), c.mul(u2, u2))
	square, invsqrt := c.sqrtRatio(one, c.mul(v, c.mul(u2, u2)))
	denX := c.mul(invsqrt, u2)
	denY := c.mul(c.mul(invsqrt, denX), v)
	x := c.abs(c.mul(c.add(s, s), denX))
	y := c.mul(u1, denY)
	t := c.mul(x, y)
	return point{x, y}, square && t.Bit(0) == 0 && y.Sign() != 0
}

// encode is section 4.3.2 with z = 1.
func (c *curve) encode(pt point) (out [32]byte) {
	one, t := big.NewInt(1), c.mul(pt.x, pt.y)
	u1 := c.mul(c.add(one, pt.y), c.sub(one, pt.y))
	u2 := t
	_, invsqrt := c.sqrtRatio(one, c.mul(u1, c.mul(u2, u2)))
	den1, den2 := c.mul(invsqrt, u1), c.mul(invsqrt, u2)
	zInv := c.mul(den1, c.mul(den2, t))
	x, y, denInv := pt.x, pt.y, den2
	if c.mul(t, zInv).Bit(0) == 1 {
		x, y = c.mul(pt.y, c.sqrtM1), c.mul(pt.x, c.sqrtM1)
		denInv = c.mul(den1, c.invSqrtAMinusD)
	}
	if c.mul(x, zInv).Bit(0) == 1 {
		y = c.neg(y)
	}
	c.abs(c.mul(denInv, c.sub(one, y))).FillBytes(out[:])
	slices.Reverse(out[:])
	return out
}

// elligator is MAP of section 4.3.4.
func (c *curve) elligator(b []byte) point {
	t := littleEndian(b)
	t = c.mod(t.SetBit(t, 255, 0))
	one := big.NewInt(1)
	r := c.mul(c.sqrtM1, c.mul(t, t))
	u := c.mul(c.add(r, one), c.oneMinusDSq)
	v := c.mul(c.sub(c.neg(one), c.mul(r, c.d)), c.add(r, c.d))
	square, s := c.sqrtRatio(u, v)
	k := c.neg(one)
	if !square {
		s = c.neg(c.abs(c.mul(s, t)))
		k = r
	}
	n := c.sub(c.mul(k, c.mul(c.sub(r, one), c.dMinusOneSq)), v)
	w0 := c.mul(c.add(s, s), v)
	w1 := c.mul(n, c.sqrtADMinusOne)
	w2, w3 := c.sub(one, c.mul(s, s)), c.add(one, c.mul(s, s))
	return point{c.mul(w0, c.inv(w1)), c.mul(w2, c.inv(w3))}
}

func (c *curve) sum(a, b point) point {
	xy, yx := c.mul(a.x, b.y), c.mul(a.y, b.x)
	xx, yy := c.mul(a.x, b.x), c.mul(a.y, b.y)
	k := c.mul(c.d, c.mul(xx, yy))
	one := big.NewInt(1)
	return point{c.mul(c.add(xy, yx), c.inv(c.add(one, k))), c.mul(c.add(yy, xx), c.inv(c.sub(one, k)))}
}

func (c *curve) mult(s *big.Int, pt point) point {
	out := point{big.NewInt(0), big.NewInt(1)}
	for i := s.BitLen() - 1; i >= 0; i-- {
		out = c.sum(out, out)
		if s.Bit(i) == 1 {
			out = c.sum(out, pt)
		}
	}
	return out
}

func littleEndian(b []byte) *big.Int {
	b = slices.Clone(b)
	slices.Reverse(b)
	return new(big.Int).SetBytes(b)
}

func encodeScalar(n *big.Int) (out [32]byte) {
	n.FillBytes(out[:])
	slices.Reverse(out[:])
	return out
}

// invalidEncodings are 32 bytes that are no encoding of a point, by what is
// wrong with them, and that of the identity.
func (c *curve) invalidEncodings(valid [32]byte) map[string][32]byte {
	s := littleEndian(valid[:])
	highBit, allOnes := valid, [32]byte{}
	highBit[31] |= 0x80
	for i := range allOnes {
		allOnes[i] = 0xff
	}
	nonSquare := encodeScalar(big.NewInt(2))
	for n := int64(4); ; n += 2 {
		if _, ok := c.decode(nonSquare); !ok {
			break
		}
		nonSquare = encodeScalar(big.NewInt(n))
	}
	return map[string][32]byte{
		"identity":             {},
		"identity as p":        encodeScalar(c.p),
		"p plus 2":             encodeScalar(new(big.Int).Add(c.p, big.NewInt(2))),
		"p plus 18":            encodeScalar(new(big.Int).Add(c.p, big.NewInt(18))),
		"high bit":             highBit,
		"identity, high bit":   {31: 0x80},
		"all ones":             allOnes,
		"negative":             encodeScalar(c.neg(s)),
		"minus one (y is 0)":   encodeScalar(c.neg(big.NewInt(1))),
		"one (low order)":      encodeScalar(big.NewInt(1)),
		"sqrt(-1) (low order)": encodeScalar(c.sqrtM1),
		"no square":            nonSquare,
	}
}

func TestOracleConstants(t *testing.T) {
	c := newCurve()
	minusOne := c.neg(big.NewInt(1))
	for name, ok := range map[string]bool{
		"sqrt(-1)":       c.mul(c.sqrtM1, c.sqrtM1).Cmp(minusOne) == 0,
		"sqrt(ad-1)":     c.mul(c.sqrtADMinusOne, c.sqrtADMinusOne).Cmp(c.sub(c.neg(c.d), big.NewInt(1))) == 0,
		"1/sqrt(a-d)":    c.mul(c.mul(c.invSqrtAMinusD, c.invSqrtAMinusD), c.sub(minusOne, c.d)).Cmp(big.NewInt(1)) == 0,
		"order is prime": c.order.ProbablyPrime(20),
	} {
		if !ok {
			t.Errorf("%s is wrong", name)
		}
	}
}

// The library decodes, encodes, maps and multiplies as the RFC says.
func TestRistrettoAgainstOracle(t *testing.T) {
	c := newCurve()
	random := mathrand.NewChaCha8([32]byte{1})
	accepted := 0
	for range 200 {
		var b [32]byte
		random.Read(b[:])
		b[0] &^= 1    // half of all are negative
		b[31] &^= 128 // and half have the high bit
		var pt ristretto.Point
		want, ok := c.decode(b)
		if got := pt.SetBytes(&b); got != ok {
			t.Fatalf("%x: decodes %t, want %t", b, got, ok)
		}
		if ok {
			accepted++
			if got := c.encode(want); got != b {
				t.Fatalf("%x: encoded again as %x", b, got)
			}
		}

		random.Read(b[:]) // with the high bit now, which the map ignores
		mapped := c.elligator(b[:])
		if got, want := [32]byte(pt.SetElligator(&b).Bytes()), c.encode(mapped); got != want {
			t.Fatalf("map of %x: %x, want %x", b, got, want)
		}
	}
	if accepted < 20 {
		t.Errorf("%d of 200 strings were points", accepted)
	}

	for range 4 {
		var wide [64]byte
		random.Read(wide[:])
		var b [32]byte
		random.Read(b[:])
		var pt ristretto.Point
		s := new(ristretto.Scalar).SetReduced(&wide)
		got := encodedMult(s, pt.SetElligator(&b))
		n := new(big.Int).Mod(littleEndian(wide[:]), c.order)
		if want := c.encode(c.mult(n, c.elligator(b[:]))); got != want {
			t.Fatalf("%v times the map of %x: %x, want %x", n, b, got, want)
		}
	}
}

func TestInvalidEncodingsAreRefused(t *testing.T) {
	c := newCurve()
	var base ristretto.Point
	var valid [32]byte
	base.SetBase().BytesInto(&valid)
	one := new(ristretto.Scalar).SetOne()
	if _, err := encodedMultVerified(one, valid); err != nil {
		t.Fatalf("the base point: %v", err)
	}
	for name, b := range c.invalidEncodings(valid) {
		if _, ok := c.decode(b); ok && b != [32]byte{} {
			t.Errorf("%s: %x is a point by the oracle", name, b)
		}
		if _, err := encodedMultVerified(one, b); err != ErrPoint {
			t.Errorf("%s: %x gives %v, want ErrPoint", name, b, err)
		}
	}
}
