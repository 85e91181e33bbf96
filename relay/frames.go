package relay

import (
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"unicode/utf8"

	"github.com/gorilla/websocket"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// frames reads the messages of a peer from its connection. A frame is (RFC 6455,
// section 5.2)
//
//	head(2), length(0, 2 or 8), key(4), bytes
//
// and the bytes are XORed with the key. In a relayed transfer that took a quarter of
// the processors' time. So tallow's own peers send long messages under the key 0, and
// the relay reads frames itself, because the library undoes that key like any other.
// The library does the upgrade, and reads nothing.
type frames struct {
	conn    io.Reader
	control func(opcode byte) // is told of each ping and pong

	buf   [readBuffer]byte
	begin int // of what is in buf and not used yet
	end   int

	frame frameHead // the one under way
	rest  uint64    // of its bytes
}

const (
	finalBit  = 0x80
	maskBit   = 0x80
	opcodeOf  = 0x0f
	maxShort  = 125 // the longest control frame, in bytes
	keyLength = 4

	continuation = 0 // the opcode of all frames of a message but the first
)

var errFrame = errors.New("malformed WebSocket frame")

// frameHead says what follows it.
type frameHead struct {
	final  bool
	opcode byte
	length uint64
	key    [keyLength]byte
}

// next waits for a message and returns its type, as the library calls it. What is left
// of the message before is discarded.
//
// Errors: *websocket.CloseError if the peer closes the WebSocket, errFrame, and what
// the connection returns.
func (f *frames) next() (kind byte, err error) {
	for {
		if err := f.discard(); err != nil {
			return 0, err
		}
		if f.frame.final {
			break
		}
		if err := f.advance(true, unheard); err != nil {
			return 0, err
		}
	}
	if err := f.advance(false, unheard); err != nil {
		return 0, err
	}
	return f.frame.opcode, nil
}

// body reads the bytes of the message that next has found, and returns how many they
// are. It calls heard after each read and each frame, and ends with its error. errTooLarge means that
// no byte would be left over in buf.
func (f *frames) body(buf []byte, heard func() error) (n int, err error) {
	for {
		if f.rest >= uint64(len(buf)-n) {
			return 0, errTooLarge
		}
		part := buf[n:][:f.rest]
		if err := f.fill(part, heard); err != nil {
			return 0, err
		}
		f.rest = 0
		unmask(part, f.frame.key)
		n += len(part)
		if f.frame.final {
			return n, nil
		}
		if err := f.advance(true, heard); err != nil {
			return 0, err
		}
	}
}

// unheard is for who need not be told of what is read.
func unheard() error { return nil }

// advance goes to the next frame that is not for control, and calls heard after each.
// Once a message has begun, that has to belong to it.
func (f *frames) advance(begun bool, heard func() error) error {
	for {
		head, err := f.head(begun)
		if err != nil {
			return err
		}
		if err := heard(); err != nil {
			return err
		}
		if head.opcode < websocket.CloseMessage {
			f.frame, f.rest = head, head.length
			return nil
		}
		if err := f.short(head); err != nil {
			return err
		}
	}
}

// discard reads what is left of a frame.
func (f *frames) discard() error {
	for f.rest > 0 {
		if f.begin == f.end {
			if err := f.need(1); err != nil {
				return err
			}
		}
		n := min(uint64(f.end-f.begin), f.rest)
		f.begin += int(n)
		f.rest -= n
	}
	return nil
}

// head reads the head of a frame. Once a message has begun, no other may.
func (f *frames) head(begun bool) (frameHead, error) {
	if err := f.need(2); err != nil {
		return frameHead{}, err
	}
	first, second := f.buf[f.begin], f.buf[f.begin+1]
	head := frameHead{final: first&finalBit != 0, opcode: first & opcodeOf, length: uint64(second &^ maskBit)}
	if first&^(finalBit|opcodeOf) != 0 || second&maskBit == 0 || !head.inOrder(begun) {
		return frameHead{}, errFrame
	}
	size := 0
	switch head.length {
	case wire.WebSocketLength16:
		size = 2
	case wire.WebSocketLength64:
		size = 8
	}
	if err := f.need(2 + size + keyLength); err != nil {
		return frameHead{}, err
	}
	rest := f.buf[f.begin+2:]
	switch size {
	case 2:
		head.length = uint64(binary.BigEndian.Uint16(rest))
	case 8:
		head.length = binary.BigEndian.Uint64(rest)
	}
	if head.length > math.MaxInt64 {
		return frameHead{}, errFrame
	}
	copy(head.key[:], rest[size:])
	f.begin += 2 + size + keyLength
	return head, nil
}

// inOrder reports whether a frame of this kind may come here.
func (h frameHead) inOrder(begun bool) bool {
	switch h.opcode {
	case continuation:
		return begun
	case websocket.TextMessage, websocket.BinaryMessage:
		return !begun
	case websocket.CloseMessage, websocket.PingMessage, websocket.PongMessage:
		return h.final && h.length <= maxShort
	default:
		return false
	}
}

// short reads a control frame. It returns an error if that closes the WebSocket.
func (f *frames) short(head frameHead) error {
	var room [maxShort]byte
	payload := room[:head.length]
	if err := f.fill(payload, unheard); err != nil {
		return err
	}
	unmask(payload, head.key)
	if head.opcode != websocket.CloseMessage {
		f.control(head.opcode)
		return nil
	}
	switch {
	case len(payload) == 0:
		return &websocket.CloseError{Code: websocket.CloseNoStatusReceived}
	case len(payload) == 1 || !utf8.Valid(payload[2:]):
		return errFrame
	}
	return &websocket.CloseError{Code: int(binary.BigEndian.Uint16(payload)), Text: string(payload[2:])}
}

// need reads until there are n bytes in buf, at least.
func (f *frames) need(n int) error {
	if f.begin == f.end {
		f.begin, f.end = 0, 0
	}
	for f.end-f.begin < n {
		if f.begin > 0 {
			f.begin, f.end = 0, copy(f.buf[:], f.buf[f.begin:f.end])
		}
		k, err := f.conn.Read(f.buf[f.end:])
		f.end += k
		if err != nil && f.end-f.begin < n {
			return err
		}
	}
	return nil
}

// fill reads all of b: what is in buf, and then straight from the connection.
func (f *frames) fill(b []byte, heard func() error) error {
	n := copy(b, f.buf[f.begin:f.end])
	f.begin += n
	for n < len(b) {
		k, err := f.conn.Read(b[n:])
		n += k
		if err != nil && n < len(b) {
			return err
		}
		if err := heard(); err != nil {
			return err
		}
	}
	return nil
}

// left returns what was read and belongs to no message yet. f must not be used
// afterwards.
func (f *frames) left() []byte { return f.buf[f.begin:f.end] }

// unmask undoes a peer's XOR with a key. The key 0 is none.
func unmask(b []byte, key [keyLength]byte) {
	if key == [keyLength]byte{} {
		return
	}
	var pattern [512]byte
	for n := copy(pattern[:], key[:]); n < len(pattern) && n < len(b); n *= 2 {
		copy(pattern[n:], pattern[:n])
	}
	for len(b) > 0 {
		b = b[subtle.XORBytes(b, b, pattern[:]):]
	}
}
