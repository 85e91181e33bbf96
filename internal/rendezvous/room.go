package rendezvous

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"sync"
	"time"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// Sizes of a caller's buffers, in bytes.
const (
	MaxPayload = wire.MaxRoomPayload // the largest that Send takes
	ReadSize   = wire.MaxRoomFrame   // the smallest that Read needs
)

// goodbyeTimeout is how long the two ends of a connection have for their last
// words.
const goodbyeTimeout = 500 * time.Millisecond

// Event is what Read reports.
type Event uint8

// The events.
const (
	Joined  Event = iota + 1 // the other peer is in the room; it may have been before
	Left                     // the other peer has left; what is sent now is lost
	Message                  // a payload from the other peer
)

// Room is a peer's place in a relay's room. One goroutine at a time may Read. It
// should do so all the time, because that is how the relay's pings are answered
// and a dead connection is noticed. Any number of goroutines may call Send, Burn
// and Withdraw. The owner of a Room has to Close it.
type Room struct {
	conn  Conn
	relay string // as the user named it
	base  *url.URL
	join  wire.RoomJoin
	nonce [16]byte
	words int
	stun  string
	turn  turnAsker

	// Owned by the caller of Read.
	joinedOwed bool // the welcome said that the other peer is here; not yet reported

	writing chan struct{} // lets one goroutine write at a time

	end  sync.Once
	done chan struct{} // closed by fail and Close
	err  error         // why the room has ended; read it once done is closed
}

func newRoom(conn Conn, relay string, join wire.RoomJoin) *Room {
	return &Room{
		conn: conn, relay: relay, join: join,
		writing: make(chan struct{}, 1),
		done:    make(chan struct{}),
		turn:    newTURNAsker(),
	}
}

// enter takes in what the relay's welcome says.
func (r *Room) enter(welcome wire.RoomWelcome, stun string) {
	r.nonce, r.words = welcome.Nonce, welcome.Words
	r.stun = stun
	r.turn.offered = welcome.Flags&wire.RoomHasTURN != 0
	r.joinedOwed = welcome.Flags&wire.RoomPeerHere != 0
}

// Nameplate returns the room's nameplate, which is empty for a resume room.
func (r *Room) Nameplate() string { return r.join.Nameplate }

// Nonce returns the sender's handshake nonce, as the relay tells it. It is zero in
// a resume room.
func (r *Room) Nonce() [16]byte { return r.nonce }

// Words returns how many words the code has, as the sender said and the relay
// tells it; 0 if that is not known.
func (r *Room) Words() int { return r.words }

// STUN returns the "HOST:PORT" of the relay's STUN service, or "" if it has none.
func (r *Room) STUN() string { return r.stun }

// Read waits for the next event. The payload of a Message is a part of buf, which
// must have ReadSize bytes or more. Read does not keep it, and allocates nothing
// of the payload's size. A Joined event comes first if the other peer was in the
// room before.
//
// Errors are final: *RelayError if the relay disconnects this peer, *LostError if
// the connection breaks or falls silent, *ProtocolError if the relay breaks the
// protocol, net.ErrClosed after Close.
func (r *Room) Read(buf []byte) (Event, []byte, error) {
	if len(buf) < ReadSize {
		return 0, nil, io.ErrShortBuffer
	}
	if r.joinedOwed {
		r.joinedOwed = false
		return Joined, nil, nil
	}
	for {
		n, err := r.conn.ReadMessage(buf)
		if err != nil {
			return 0, nil, r.fail(r.lost(err))
		}
		event, payload, err := r.interpret(buf[:n:n])
		if err != nil {
			return 0, nil, r.fail(err)
		}
		if event != 0 {
			return event, payload, nil
		}
	}
}

// interpret says what a frame means to a peer that is in the room. The event is 0
// for one that means nothing to the reader.
func (r *Room) interpret(frame []byte) (Event, []byte, error) {
	kind, err := wire.ParseRoomKind(frame)
	if err != nil {
		return 0, nil, r.protocolError("a frame that means nothing", err)
	}
	switch kind {
	case wire.RoomForwardKind:
		return Message, frame[1:], nil
	case wire.RoomJoinedKind:
		return Joined, nil, nil
	case wire.RoomLeftKind:
		return Left, nil, nil
	case wire.RoomErrorKind:
		return 0, nil, r.refusal(frame)
	case wire.RoomTURNKind:
		return 0, nil, r.takeTURN(frame)
	default:
		return 0, nil, r.protocolError(fmt.Sprintf("a frame of kind %#02x out of turn", uint8(kind)), nil)
	}
}

// Send passes a payload of at most MaxPayload bytes to the other peer. If there
// is none the payload is lost, as Left has told or will tell. Send waits while
// the other peer is slow. A context that ends in the middle of a write ends the
// room, because half a message cannot be taken back.
func (r *Room) Send(ctx context.Context, payload []byte) error {
	if len(payload) > MaxPayload {
		return fmt.Errorf("a payload of %d bytes, at most %d can be sent through a room", len(payload), MaxPayload)
	}
	return r.write(ctx, wire.RoomForwardKind, payload)
}

// Burn tells the relay that the code is used up: nobody can join as the receiver
// any more. A receiver that is in the room stays. For the sender only.
func (r *Room) Burn(ctx context.Context) error { return r.write(ctx, wire.RoomBurnKind, nil) }

// Withdraw ends the room for both peers. For the sender only.
func (r *Room) Withdraw(ctx context.Context) error { return r.write(ctx, wire.RoomCloseKind, nil) }

// write sends one frame when it is its turn.
func (r *Room) write(ctx context.Context, kind wire.RoomKind, body []byte) error {
	select {
	case <-r.done:
		return r.err
	case <-ctx.Done():
		return context.Cause(ctx)
	case r.writing <- struct{}{}:
	}
	defer func() { <-r.writing }()
	select {
	case <-r.done:
		return r.err
	default:
	}
	if ctx.Err() != nil {
		return context.Cause(ctx) // before a byte is out
	}
	if ctx.Done() != nil {
		stop := context.AfterFunc(ctx, func() { _ = r.fail(context.Cause(ctx)) })
		defer stop()
	}
	if err := r.conn.WriteMessage(byte(kind), body); err != nil {
		return r.broken(err)
	}
	return nil
}

// broken ends the room after a failed write. The relay may have said why it hung
// up, so Read, if it runs, gets a moment to find that first.
func (r *Room) broken(err error) error {
	timer := time.NewTimer(goodbyeTimeout)
	defer timer.Stop()
	select {
	case <-r.done:
	case <-timer.C:
	}
	return r.fail(r.lost(err))
}

// fail ends the room for a reason, unless it has ended already, and returns the
// reason for which it ended.
func (r *Room) fail(err error) error {
	r.end.Do(func() {
		r.err = err
		close(r.done)
		r.conn.Abort()
	})
	<-r.done
	return r.err
}

// Close leaves the room. It may be called more than once and at any time, and
// ends every other call. It waits a moment, so that what was sent before still
// reaches the relay.
func (r *Room) Close() error {
	r.end.Do(func() {
		r.err = net.ErrClosed
		close(r.done)
	})
	return r.conn.Close()
}

// lost gives a failure of the connection its type.
func (r *Room) lost(err error) error {
	switch {
	case errors.Is(err, ErrTooLong):
		return r.protocolError(fmt.Sprintf("a message over %d bytes", wire.MaxRoomFrame), nil)
	case errors.Is(err, ErrNotBinary):
		return r.protocolError("a text message", nil)
	case errors.Is(err, io.EOF), errors.Is(err, net.ErrClosed):
		err = errors.New("the relay hung up")
	}
	return &LostError{Relay: r.relay, Err: err}
}

func (r *Room) protocolError(reason string, err error) error {
	return &ProtocolError{Relay: r.relay, Reason: reason, Err: err}
}

// refusal makes an error of an error frame.
func (r *Room) refusal(frame []byte) error {
	e, err := wire.ParseRoomError(frame)
	if err != nil {
		return r.protocolError("a refusal that makes no sense", err)
	}
	return &RelayError{
		Relay: r.relay, Code: e.Code, Message: printable(e.Message), RetryAfter: min(e.Retry, maxRetryAfter),
		Sending: r.join.Role == wire.RoomSender, Resuming: r.join.Role == wire.RoomResumer,
	}
}
