package rendezvous

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"

	"github.com/gorilla/websocket"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// readBuffer is small on purpose: it serves frame heads and short frames, and
// the bytes of long ones go past it into the caller's buffer.
const readBuffer = 4 << 10

// sit takes a seat in a room and waits for the relay's welcome.
func (c *Client) sit(ctx context.Context, base *url.URL, seat wire.RoomSeat) (*Room, error) {
	conn, err := c.dial(ctx, base, seat)
	if err != nil {
		return nil, err
	}
	r := newRoom(conn, c.endpoint.name, seat)
	stop := context.AfterFunc(ctx, r.abort)
	welcome, err := r.awaitWelcome()
	if !stop() {
		err = context.Cause(ctx)
	}
	if err != nil {
		r.abort()
		return nil, err
	}
	r.enter(welcome, base.Hostname())
	return r, nil
}

// dial opens the WebSocket of a room's seat.
func (c *Client) dial(ctx context.Context, base *url.URL, seat wire.RoomSeat) (*websocket.Conn, error) {
	u := base.JoinPath("ws")
	u.Scheme = map[string]string{"http": "ws", "https": "wss"}[base.Scheme]
	u.RawQuery = string(seat.Append(nil))

	dialer := websocket.Dialer{
		Proxy:            c.proxy,
		TLSClientConfig:  c.tls,
		HandshakeTimeout: dialTimeout + answerTimeout,
		ReadBufferSize:   readBuffer,
		WriteBufferSize:  wire.MaxRoomFrame, // so that a frame is one WebSocket frame
	}
	// The dialer heeds the context only until TCP and TLS stand; what follows
	// is ended by closing the connection under it.
	var stop func() bool
	dialer.NetDialContext = func(dialing context.Context, network, addr string) (net.Conn, error) {
		conn, err := c.dialer.DialContext(dialing, network, addr)
		if err == nil {
			stop = context.AfterFunc(ctx, func() { _ = conn.Close() })
		}
		return conn, err
	}
	conn, resp, err := dialer.DialContext(ctx, u.String(), http.Header{"User-Agent": {c.agent}})
	if stop != nil && !stop() && err == nil {
		_ = conn.Close()
		return nil, context.Cause(ctx)
	}
	if errors.Is(err, websocket.ErrBadHandshake) && resp != nil {
		return nil, c.upgradeError(resp)
	}
	if err != nil {
		return nil, c.dialError(ctx, err)
	}
	return conn, nil
}

// upgradeError is an answer that is no WebSocket: a relay that cannot even
// refuse properly any more says why in JSON.
func (c *Client) upgradeError(resp *http.Response) error {
	body, err := io.ReadAll(io.LimitReader(resp.Body, wire.MaxSessionBody+1))
	if err != nil {
		return c.statusError(resp.StatusCode, resp.Header)
	}
	refusal, err := wire.ParseSessionError(body)
	if err != nil || refusal.Code == 0 {
		return c.statusError(resp.StatusCode, resp.Header)
	}
	return &RelayError{Relay: c.endpoint.name, Code: refusal.Code, Message: printable(refusal.Message)}
}

// awaitWelcome reads the first frame of a room.
func (r *Room) awaitWelcome() (wire.RoomWelcome, error) {
	buf := make([]byte, ReadSize)
	r.expect(answerTimeout)
	n, err := r.readFrame(buf)
	if err != nil {
		return wire.RoomWelcome{}, err
	}
	kind, err := wire.ParseRoomKind(buf[:n])
	if err == nil && kind == wire.RoomErrorKind {
		return wire.RoomWelcome{}, r.refusal(buf[:n])
	}
	welcome, err := wire.ParseRoomWelcome(buf[:n])
	var version wire.RoomVersionError
	switch {
	case errors.As(err, &version):
		return wire.RoomWelcome{}, r.protocolError(fmt.Sprintf("it speaks version %d of the room protocol, not %d", uint8(version), wire.RoomVersion), err)
	case err != nil:
		return wire.RoomWelcome{}, r.protocolError("no welcome, but something else", err)
	}
	return welcome, nil
}

// resolveSTUN makes what a welcome says of STUN an address to use: ":PORT" is a
// port of the relay's own host. What cannot be an address counts as none.
func resolveSTUN(said, relayHost string) string {
	host, port, err := net.SplitHostPort(said)
	if err != nil || port == "" {
		return ""
	}
	if host == "" {
		host = relayHost
	}
	if checkHostPort(host, port) != nil {
		return ""
	}
	return net.JoinHostPort(host, port)
}
