package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// ErrMalformed is wrapped by every error of this package's parsers: the bytes are
// not a message of the requested type. Callers must use nothing of a malformed
// message.
var ErrMalformed = errors.New("malformed message")

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrMalformed, fmt.Sprintf(format, args...))
}

// cursor reads the fields of one message in order. The first field that is
// missing or over its limit sets err, and every later read returns zero values,
// so a parser checks once, at the end, with done.
type cursor struct {
	rest []byte
	err  error
}

func (c *cursor) take(n int) []byte {
	if c.err != nil {
		return nil
	}
	if n < 0 || n > len(c.rest) {
		c.err = malformed("%d bytes wanted, %d left", n, len(c.rest))
		return nil
	}
	p := c.rest[:n:n]
	c.rest = c.rest[n:]
	return p
}

func (c *cursor) u8() uint8 {
	if p := c.take(1); p != nil {
		return p[0]
	}
	return 0
}

func (c *cursor) u16() uint16 {
	if p := c.take(2); p != nil {
		return binary.BigEndian.Uint16(p)
	}
	return 0
}

func (c *cursor) u32() uint32 {
	if p := c.take(4); p != nil {
		return binary.BigEndian.Uint32(p)
	}
	return 0
}

func (c *cursor) u64() uint64 {
	if p := c.take(8); p != nil {
		return binary.BigEndian.Uint64(p)
	}
	return 0
}

// i64 reads a non-negative 63-bit integer.
func (c *cursor) i64() int64 {
	v := c.u64()
	if v > 1<<63-1 {
		c.fail("number over 2^63-1")
		return 0
	}
	return int64(v)
}

// bytes8 and bytes16 read a length and then that many bytes. They check the length
// against the limit before they read anything else.
func (c *cursor) bytes8(limit int) []byte  { return c.bounded(int(c.u8()), limit) }
func (c *cursor) bytes16(limit int) []byte { return c.bounded(int(c.u16()), limit) }

func (c *cursor) bounded(n, limit int) []byte {
	if c.err == nil && n > limit {
		c.fail("a field of %d bytes, at most %d allowed", n, limit)
	}
	return c.take(n)
}

// count16 reads a number of elements of at least size bytes each. It checks it
// against a limit and against the bytes left, so that it is safe to allocate.
func (c *cursor) count16(limit, size int) int {
	n := int(c.u16())
	if c.err == nil && (n > limit || n*size > len(c.rest)) {
		c.fail("%d elements, at most %d allowed, %d bytes left", n, limit, len(c.rest))
	}
	if c.err != nil {
		return 0
	}
	return n
}

func (c *cursor) array32() (a [32]byte) {
	copy(a[:], c.take(len(a)))
	return a
}

func (c *cursor) array16() (a [16]byte) {
	copy(a[:], c.take(len(a)))
	return a
}

func (c *cursor) fail(format string, args ...any) {
	if c.err == nil {
		c.err = malformed(format, args...)
	}
}

// done returns the first error, or one if bytes are left over.
func (c *cursor) done() error {
	if c.err == nil && len(c.rest) > 0 {
		c.fail("%d bytes left over", len(c.rest))
	}
	return c.err
}

func appendBytes8(b, p []byte) []byte { return append(append(b, byte(len(p))), p...) }

func appendBytes16[T ~[]byte | ~string](b []byte, p T) []byte {
	return append(binary.BigEndian.AppendUint16(b, uint16(len(p))), p...)
}
