package rendezvous

import (
	"context"
	"errors"
	"fmt"
	"net/textproto"
	"net/url"
	"os"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// join joins a room and waits for the relay's welcome.
func (c *Client) join(ctx context.Context, base *url.URL, join wire.RoomJoin) (*Room, error) {
	conn, joined, err := c.dial(ctx, base, join)
	if err != nil {
		return nil, err
	}
	r := newRoom(conn, c.endpoint.name, join)
	waiting, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	stop := context.AfterFunc(waiting, conn.Abort)
	welcome, err := r.awaitWelcome(joined)
	if !stop() {
		err = &LostError{Relay: r.relay, Err: os.ErrDeadlineExceeded}
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
	}
	if err != nil {
		conn.Abort()
		_ = conn.Close()
		return nil, err
	}
	stun := stunAddress(welcome.STUN, base)
	if stun == "" && welcome.STUN != "" {
		c.log.Debug("the relay names a STUN service that is not its own; it is ignored")
	}
	r.enter(welcome, stun)
	r.base = base
	return r, nil
}

// dial opens the WebSocket of a room. The upgrade carries the join if it can: a
// peer that waits for the answer first needs a round trip more. dial reports
// whether the relay has received the join.
func (c *Client) dial(ctx context.Context, base *url.URL, join wire.RoomJoin) (conn Conn, joined bool, err error) {
	dialer := c.dialer
	if dialer == nil {
		if dialer, err = c.network.webSockets(); err != nil {
			return nil, false, err
		}
	}
	u := base.JoinPath("ws")
	u.Scheme = map[string]string{"http": "ws", "https": "wss"}[base.Scheme]
	conn, answer, err := dialer.Dial(ctx, u, textproto.MIMEHeader{
		"User-Agent": {c.agent}, "Authorization": {join.Authorization()},
	})
	var upgrade *UpgradeError
	switch {
	case errors.As(err, &upgrade):
		return nil, false, c.upgradeError(base, upgrade)
	case err != nil:
		return nil, false, c.dialError(ctx, base, err)
	}
	return conn, answer.Get(wire.RoomJoinHeader) != "", nil
}

// upgradeError translates an answer that is no WebSocket. A relay that cannot
// refuse by an error frame, because it shuts down, says why in JSON.
func (c *Client) upgradeError(base *url.URL, e *UpgradeError) error {
	refusal, err := wire.ParseRefusal(e.Body)
	if err != nil || refusal.Code == 0 {
		return c.statusError(base, e.Status, e.Header)
	}
	return &RelayError{Relay: c.endpoint.name, Code: refusal.Code, Message: printable(refusal.Message), RetryAfter: RetryAfter(e.Header)}
}

// awaitWelcome reads the relay's answer to the join, which it sends first unless
// the relay has it.
func (r *Room) awaitWelcome(joined bool) (wire.RoomWelcome, error) {
	if !joined {
		frame := r.join.Append(nil)
		if err := r.conn.WriteMessage(frame[0], frame[1:]); err != nil {
			return wire.RoomWelcome{}, r.lost(err)
		}
	}
	buf := make([]byte, ReadSize)
	n, err := r.conn.ReadMessage(buf)
	if err != nil {
		return wire.RoomWelcome{}, r.lost(err)
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
