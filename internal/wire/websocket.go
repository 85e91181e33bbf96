package wire

import (
	"encoding/binary"
	"math"
)

// The second byte of a WebSocket frame's head has the length up to 125, or says how
// many bytes of length follow (RFC 6455, section 5.2).
const (
	webSocketBinary   = 0x80 | 0x2 // a whole message in one binary frame
	webSocketMasked   = 0x80
	WebSocketLength16 = 126
	WebSocketLength64 = 127

	// MaxWebSocketHead is the length of the longest head of a frame, with its key.
	MaxWebSocketHead = 1 + 1 + 8 + 4
)

// AppendWebSocketHead appends the head of a WebSocket frame that is a binary message
// of n bytes. From a client, a frame has to be masked: here with the key 0, which
// leaves the bytes as they are.
func AppendWebSocketHead(b []byte, n int, masked bool) []byte {
	var mask byte
	if masked {
		mask = webSocketMasked
	}
	b = append(b, webSocketBinary)
	switch {
	case n < WebSocketLength16:
		b = append(b, mask|byte(n))
	case n <= math.MaxUint16:
		b = binary.BigEndian.AppendUint16(append(b, mask|WebSocketLength16), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, mask|WebSocketLength64), uint64(n))
	}
	if masked {
		b = append(b, 0, 0, 0, 0)
	}
	return b
}
