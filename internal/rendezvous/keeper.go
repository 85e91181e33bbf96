package rendezvous

import (
	"io"
	"net"
	"time"

	"github.com/gorilla/websocket"
)

const (
	// controlTimeout is how long a ping or pong may take once it is its turn.
	controlTimeout = silence
	// farewellTimeout is how long Close waits for the relay to take its leave.
	farewellTimeout = 500 * time.Millisecond
)

// keepAlive pings the relay and answers its pings until the room ends. It does
// the writing that Read must not do: a reader that waits for a write could wait
// for the other peer, which waits for its own reader.
func (r *Room) keepAlive() {
	ticker := time.NewTicker(pingInterval)
	defer ticker.Stop()
	for {
		kind := websocket.PingMessage
		select {
		case <-r.done:
			return
		case <-ticker.C:
		case <-r.pong:
			kind = websocket.PongMessage
		}
		select {
		case <-r.done:
			return
		case r.token <- struct{}{}:
		}
		err := r.conn.WriteControl(kind, nil, time.Now().Add(controlTimeout))
		<-r.token
		if err != nil {
			_ = r.broken(err)
		}
	}
}

// Close leaves the seat. It may be called more than once and at any time; it
// ends every other call. It waits a moment, so that what was sent before still
// gets to the relay.
func (r *Room) Close() error {
	r.end.Do(func() {
		r.err = net.ErrClosed
		close(r.done)
		select {
		case r.token <- struct{}{}:
			r.farewell()
			<-r.token
		case <-time.After(farewellTimeout / 2): // someone writes, and waits: no farewell gets past that
		}
		_ = r.conn.Close()
	})
	r.keeper.Wait()
	return nil
}

// farewell says goodbye and reads what still comes until the relay hangs up:
// closing a socket with unread bytes would make the system throw away what is
// on the way to the relay.
func (r *Room) farewell() {
	deadline := time.Now().Add(farewellTimeout)
	goodbye := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")
	if err := r.conn.WriteControl(websocket.CloseMessage, goodbye, deadline); err != nil {
		return
	}
	socket := r.conn.NetConn()
	if err := socket.SetReadDeadline(deadline); err != nil {
		return
	}
	_, _ = io.Copy(io.Discard, socket)
}
