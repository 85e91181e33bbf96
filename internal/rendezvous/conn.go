package rendezvous

import (
	"context"
	"errors"
	"fmt"
	"net/textproto"
	"net/url"
)

// Conn carries binary messages between a room and the relay: a WebSocket, be it
// made of the system's sockets (websocket.go) or by a browser.
//
// A Conn looks after itself: it answers pings, and ends when the relay has been
// silent for too long, as far as it can tell.
type Conn interface {
	// ReadMessage reads the next message into buf, which has ReadSize bytes or
	// more, and returns its length. One goroutine at a time calls it.
	//
	// Errors are final: ErrTooLong, ErrNotBinary, io.EOF if the relay hung up, or
	// what broke the connection.
	ReadMessage(buf []byte) (int, error)
	// WriteMessage sends the byte kind and then body as one message. It blocks
	// while the relay takes nothing. One goroutine at a time calls it.
	WriteMessage(kind byte, body []byte) error
	// Close says goodbye, so that what was written before still arrives, and ends
	// the connection and every other call within a second. Nothing of the
	// connection is left running. It has to be called, even after Abort.
	Close() error
	// Abort ends the connection and every other call at once.
	Abort()
}

// Dialer opens WebSockets.
type Dialer interface {
	// Dial opens the WebSocket at u, a ws or wss URL, without a subprotocol and
	// without compression. It sends header with the request and returns the one of
	// the answer. A dialer that cannot do so, as in a browser, ignores the first
	// and returns nil for the second.
	//
	// Errors: *UpgradeError if the answer is no WebSocket, or what the network
	// says. ctx ends the dialling, not the connection.
	Dial(ctx context.Context, u *url.URL, header textproto.MIMEHeader) (Conn, textproto.MIMEHeader, error)
}

// Errors of a Conn.
var (
	ErrTooLong   = errors.New("a message over the limit")
	ErrNotBinary = errors.New("a text message")
)

// UpgradeError is an HTTP answer that is no WebSocket.
type UpgradeError struct {
	Status int
	Header textproto.MIMEHeader
	Body   []byte // the first bytes of it
}

func (e *UpgradeError) Error() string {
	return fmt.Sprintf("no WebSocket but HTTP status %d", e.Status)
}
