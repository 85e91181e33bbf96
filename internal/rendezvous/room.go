package rendezvous

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// Sizes of a caller's buffers, in bytes.
const (
	MaxPayload = wire.MaxRoomPayload // the most that Send takes
	ReadSize   = wire.MaxRoomFrame   // the least that Read needs
)

// silence is how long the relay may say nothing before it counts as gone; it
// pings several times in that span, and so does the room.
const (
	silence      = 45 * time.Second
	pingInterval = 15 * time.Second
)

// Event is what Read reports.
type Event uint8

// The events.
const (
	Joined  Event = iota + 1 // the other peer is in the room; it may have been before
	Left                     // the other peer went away; what is sent now is lost
	Message                  // a payload from the other peer
)

// Room is a seat in a relay's room. One goroutine at a time may Read; it should
// do so all the time, because the answers to the relay's pings and the news of
// a dead connection come that way. Send, Burn and Withdraw may be called by any
// number of goroutines. Whoever has a Room closes it.
type Room struct {
	conn  *websocket.Conn
	relay string // as the user named it
	seat  wire.RoomSeat
	nonce [16]byte
	stun  string

	// Owned by the caller of Read.
	entered    bool // the welcome has been read
	joinedOwed bool // it said that the other peer is here; not yet reported

	// token lets one goroutine write at a time; kind belongs to its holder.
	token chan struct{}
	kind  [1]byte

	pong   chan struct{}  // a ping came that the keeper shall answer
	keeper sync.WaitGroup // the goroutine that pings and answers pings

	end  sync.Once
	done chan struct{} // closed by fail
	err  error         // why the room is no more; read it once done is closed
}

func newRoom(conn *websocket.Conn, relay string, seat wire.RoomSeat) *Room {
	r := &Room{
		conn: conn, relay: relay, seat: seat,
		token: make(chan struct{}, 1),
		pong:  make(chan struct{}, 1),
		done:  make(chan struct{}),
	}
	conn.SetReadLimit(wire.MaxRoomFrame)
	// Control frames come in under Read, which must never wait for a write.
	conn.SetPingHandler(func(string) error {
		select {
		case r.pong <- struct{}{}:
		default:
		}
		r.alive()
		return nil
	})
	conn.SetPongHandler(func(string) error {
		r.alive()
		return nil
	})
	conn.SetCloseHandler(func(int, string) error { return nil })
	return r
}

// enter makes a Room of a seat that was welcomed.
func (r *Room) enter(welcome wire.RoomWelcome, relayHost string) {
	r.nonce = welcome.Nonce
	r.stun = resolveSTUN(welcome.STUN, relayHost)
	r.entered = true
	r.joinedOwed = welcome.Flags&wire.RoomPeerHere != 0
	r.keeper.Go(r.keepAlive)
}

// Nameplate is the room's number, empty for a resume room.
func (r *Room) Nameplate() string { return r.seat.Nameplate }

// Nonce is the sender's handshake nonce, as the relay tells it; zero in a resume
// room.
func (r *Room) Nonce() [16]byte { return r.nonce }

// STUN is the "HOST:PORT" of the relay's STUN service, or empty if it has none.
func (r *Room) STUN() string { return r.stun }

// Read waits for the next event. The payload of a Message is a part of buf,
// which must have ReadSize bytes or more; Read keeps no hold of it and
// allocates nothing of the payload's size. A Joined event comes first if the
// other peer was in the room before.
//
// Errors are final: *RelayError if the relay puts this peer out, *LostError if
// the connection breaks or falls silent, *ProtocolError if the relay talks
// nonsense, net.ErrClosed after Close.
func (r *Room) Read(buf []byte) (Event, []byte, error) {
	if len(buf) < ReadSize {
		return 0, nil, io.ErrShortBuffer
	}
	if r.joinedOwed {
		r.joinedOwed = false
		return Joined, nil, nil
	}
	n, err := r.readFrame(buf)
	if err != nil {
		return 0, nil, r.fail(err)
	}
	event, payload, err := r.interpret(buf[:n:n])
	if err != nil {
		return 0, nil, r.fail(err)
	}
	return event, payload, nil
}

// interpret says what a frame means to a peer that sits in the room.
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
	default:
		return 0, nil, r.protocolError(fmt.Sprintf("a frame of kind %#02x out of turn", uint8(kind)), nil)
	}
}

// readFrame reads one binary message into buf, which is as large as any message
// that the connection lets through.
func (r *Room) readFrame(buf []byte) (int, error) {
	r.alive()
	kind, body, err := r.conn.NextReader()
	if err != nil {
		return 0, r.lost(err)
	}
	if kind != websocket.BinaryMessage {
		return 0, r.protocolError("a text message", nil)
	}
	n := 0
	for {
		m, err := body.Read(buf[n:])
		n += m
		switch {
		case err == io.EOF:
			return n, nil
		case err != nil:
			return 0, r.lost(err)
		}
		r.alive()
	}
}

// alive takes what comes as a sign of life: the relay may be silent for a while
// again. Before the welcome there are none.
func (r *Room) alive() {
	if r.entered {
		r.expect(silence)
	}
}

// expect sets how long the relay may be silent, which is not long once the room
// has ended and Close says goodbye.
func (r *Room) expect(patience time.Duration) {
	_ = r.conn.SetReadDeadline(time.Now().Add(patience))
	select {
	case <-r.done:
		_ = r.conn.SetReadDeadline(time.Now().Add(farewellTimeout))
	default:
	}
}

// Send passes a payload of at most MaxPayload bytes to the other peer; if there
// is none, it is lost, as Left has told or will tell. It waits while the other
// peer is slow. A context that ends in the middle of a write ends the room,
// because half a message cannot be taken back.
func (r *Room) Send(ctx context.Context, payload []byte) error {
	if len(payload) > MaxPayload {
		return fmt.Errorf("a payload of %d bytes, at most %d can be sent through a room", len(payload), MaxPayload)
	}
	return r.write(ctx, wire.RoomForwardKind, payload)
}

// Burn tells the relay that the code is used up: nobody can take the receiver's
// seat any more; a receiver who sits in it stays. For the sender only.
func (r *Room) Burn(ctx context.Context) error { return r.write(ctx, wire.RoomBurnKind, nil) }

// Withdraw ends the room for both peers. For the sender only.
func (r *Room) Withdraw(ctx context.Context) error { return r.write(ctx, wire.RoomCloseKind, nil) }

// write sends one frame once its turn has come.
func (r *Room) write(ctx context.Context, kind wire.RoomKind, body []byte) error {
	select {
	case <-r.done:
		return r.err
	case <-ctx.Done():
		return context.Cause(ctx)
	case r.token <- struct{}{}:
	}
	defer func() { <-r.token }()
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
	if err := r.writeFrame(kind, body); err != nil {
		return r.broken(err)
	}
	return nil
}

func (r *Room) writeFrame(kind wire.RoomKind, body []byte) error {
	w, err := r.conn.NextWriter(websocket.BinaryMessage)
	if err != nil {
		return err
	}
	r.kind[0] = byte(kind)
	if _, err := w.Write(r.kind[:]); err != nil {
		return err
	}
	if _, err := w.Write(body); err != nil {
		return err
	}
	return w.Close()
}

// broken ends the room after a failed write. The relay may have said why it
// hung up; so Read, if it runs, gets a moment to find that first.
func (r *Room) broken(err error) error {
	timer := time.NewTimer(farewellTimeout)
	defer timer.Stop()
	select {
	case <-r.done:
	case <-timer.C:
	}
	return r.fail(r.lost(err))
}

// fail ends the room for a reason, if it has not ended already, and gives the
// reason for which it did.
func (r *Room) fail(err error) error {
	r.end.Do(func() {
		r.err = err
		close(r.done)
		_ = r.conn.Close()
	})
	<-r.done
	return r.err
}

// abort closes the connection of a seat that nobody has entered.
func (r *Room) abort() { _ = r.conn.Close() }

// lost gives a failure of the connection its type.
func (r *Room) lost(err error) error {
	var closed *websocket.CloseError
	if errors.Is(err, websocket.ErrReadLimit) {
		return r.protocolError(fmt.Sprintf("a message over %d bytes", wire.MaxRoomFrame), nil)
	}
	if errors.As(err, &closed) || errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed) {
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
		Relay: r.relay, Code: e.Code, Message: printable(e.Message),
		Sending: r.seat.Ticket != nil, Resuming: r.seat.Resume != nil,
	}
}
