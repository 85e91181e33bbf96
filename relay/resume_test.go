package relay

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"

	"github.com/tallow-transfer/tallow/internal/wire"
)

const (
	peerA = 0xaa
	peerB = 0xbb
	peerC = 0xcc
)

var (
	resumeID = [16]byte{0x5e, 0x5e, 0x5e, 0x5e}
	otherID  = [16]byte{0x5f, 0x5e, 0x5e, 0x5e}
)

// wantResumeWelcome expects the welcome of a room that has no nonce.
func (s client) wantResumeWelcome(flags wire.RoomFlags) {
	s.t.Helper()
	s.wantFrame(wire.RoomWelcome{Flags: flags}.Append(nil))
}

// resumePair lets A and B join a resume room.
func resumePair(t *testing.T, base string) (a, b client) {
	t.Helper()
	a = dial(t, base, asResumer(resumeID, peerA))
	a.wantResumeWelcome(0)
	b = dial(t, base, asResumer(resumeID, peerB))
	b.wantResumeWelcome(wire.RoomPeerHere)
	a.want(wire.RoomJoinedKind)
	return a, b
}

func TestResumeRoom(t *testing.T) {
	config := unlimited()
	config.STUNAddress = ":3478"
	r, base := start(t, config)
	a := dial(t, base, asResumer(resumeID, peerA))
	a.wantFrame(wire.RoomWelcome{STUN: ":3478"}.Append(nil))
	b := dial(t, base, asResumer(resumeID, peerB))
	b.wantFrame(wire.RoomWelcome{Flags: wire.RoomPeerHere, STUN: ":3478"}.Append(nil))
	a.want(wire.RoomJoinedKind)
	dial(t, base, asResumer(resumeID, 0)).wantError(wire.RoomFull)
	dial(t, base, asResumer(resumeID, peerC)).wantError(wire.RoomFull)

	longest := strings.Repeat("x", wire.MaxRoomPayload)
	a.forward(longest)
	b.wantForward(longest)
	b.forward("back")
	a.wantForward("back")

	_ = a.conn.Close()
	b.want(wire.RoomLeftKind)
	eventually(t, "the slot is free", func() bool { return resumers(r) == 1 })
	c := dial(t, base, asResumer(resumeID, peerC))
	c.wantFrame(wire.RoomWelcome{Flags: wire.RoomPeerHere, STUN: ":3478"}.Append(nil))
	b.want(wire.RoomJoinedKind)
	b.forward("to the next")
	c.wantForward("to the next")

	_ = b.conn.Close()
	c.want(wire.RoomLeftKind)
	_ = c.conn.Close()
	eventually(t, "the empty room ends", func() bool { return rooms(r) == 0 })
	// There is no tombstone: the same id is a new room.
	dial(t, base, asResumer(resumeID, peerA)).wantFrame(wire.RoomWelcome{STUN: ":3478"}.Append(nil))
}

// resumers counts the peers in resume rooms.
func resumers(r *Relay) int {
	r.table.mu.Lock()
	defer r.table.mu.Unlock()
	n := 0
	for _, room := range r.table.resumes {
		for i := range room.slots {
			if room.slots[i].Load() != nil {
				n++
			}
		}
	}
	return n
}

// In a resume room there is no code to burn, and no peer can end it for the other.
func TestResumeRoomHasNoRoles(t *testing.T) {
	for _, kind := range []wire.RoomKind{wire.RoomBurnKind, wire.RoomCloseKind} {
		for _, first := range []bool{true, false} {
			t.Run(fmt.Sprintf("kind %d, first %t", kind, first), func(t *testing.T) {
				_, base := start(t, unlimited())
				a, b := resumePair(t, base)
				if !first {
					a, b = b, a
				}
				a.send(byte(kind))
				a.wantError(wire.RoomMalformed)
				b.want(wire.RoomLeftKind)
			})
		}
	}
}

func TestResumeRoomsAreApart(t *testing.T) {
	r, base := start(t, unlimited())
	reply, s, rcv := pair(t, base)
	a, b := resumePair(t, base)
	other := dial(t, base, asResumer(otherID, peerA))
	other.wantResumeWelcome(0) // and A keeps its slot in the first
	if n := rooms(r); n != 3 {
		t.Errorf("%d rooms, want 3", n)
	}
	a.forward("in the resume room")
	b.wantForward("in the resume room")
	s.forward("in the other")
	rcv.wantForward("in the other")
	both := append(asResumer(resumeID, peerC).Append(nil), reply.Nameplate...)
	stranger := connect(t, base)
	stranger.send(both...)
	stranger.wantError(wire.RoomMalformed)
	half := connect(t, base)
	half.send(both[:19]...)
	half.wantError(wire.RoomMalformed)
}

func TestPeerTakesItsSeatOver(t *testing.T) {
	r, base := start(t, unlimited())
	a, b := resumePair(t, base)
	for i := range 5 {
		again := dial(t, base, asResumer(resumeID, peerA))
		again.wantResumeWelcome(wire.RoomPeerHere)
		a.wantError(wire.RoomReplaced)
		b.want(wire.RoomLeftKind)
		b.want(wire.RoomJoinedKind)
		a = again
		a.forward(fmt.Sprint("hello ", i))
		b.wantForward(fmt.Sprint("hello ", i))
		b.forward(fmt.Sprint("hello back ", i))
		a.wantForward(fmt.Sprint("hello back ", i))
	}
	dial(t, base, asResumer(resumeID, peerC)).wantError(wire.RoomFull)
	if n := rooms(r); n != 1 {
		t.Errorf("%d rooms, want 1", n)
	}
}

// An id opens no slot but its own, and one who is alone keeps the room.
func TestLonelyPeerTakesItsSeatOver(t *testing.T) {
	_, base := start(t, unlimited())
	a := dial(t, base, asResumer(resumeID, peerA))
	a.wantResumeWelcome(0)
	again := dial(t, base, asResumer(resumeID, peerA))
	again.wantResumeWelcome(0)
	a.wantError(wire.RoomReplaced)
	b := dial(t, base, asResumer(resumeID, peerB))
	b.wantResumeWelcome(wire.RoomPeerHere)
	again.want(wire.RoomJoinedKind)
	b.forward("hello")
	again.wantForward("hello")
}

func TestTicketTakesTheSeatOver(t *testing.T) {
	_, base := start(t, unlimited())
	reply, s, rcv := pair(t, base)
	query := asSender(reply.Nameplate, reply.Ticket)
	again := dial(t, base, query)
	again.wantWelcome(wire.RoomPeerHere)
	s.wantError(wire.RoomReplaced)
	rcv.want(wire.RoomLeftKind)
	rcv.want(wire.RoomJoinedKind)
	dial(t, base, asReceiver(reply.Nameplate)).wantError(wire.RoomFull) // a receiver proves nothing

	again.send(byte(wire.RoomBurnKind)) // it is the sender in every respect
	again.forward("M2")
	rcv.wantForward("M2")
	dial(t, base, asReceiver(reply.Nameplate)).wantError(wire.RoomUsed)
	third := dial(t, base, query)
	third.wantWelcome(wire.RoomPeerHere)
	third.forward("still here")
	rcv.want(wire.RoomLeftKind)
	rcv.want(wire.RoomJoinedKind)
	rcv.wantForward("still here")
}

// The last connection of a peer has the slot, and the other peer is told about
// joining and leaving in turn, however many connections race for the slot.
func TestManyTakeovers(t *testing.T) {
	_, base := start(t, unlimited())
	_, b := resumePair(t, base)
	var wg sync.WaitGroup
	const racers = 12
	for i := range racers {
		wg.Go(func() {
			conn, _, err := websocket.DefaultDialer.Dial(webSocket(base), nil)
			if err != nil {
				t.Error(err)
				return
			}
			_ = conn.WriteMessage(websocket.BinaryMessage, asResumer(resumeID, peerA).Append(nil))
			t.Cleanup(func() { _ = conn.Close() })
			_ = conn.WriteMessage(websocket.BinaryMessage, []byte{byte(wire.RoomForwardKind), byte(i)})
			// Each of them gets the slot, though another may put it out before its
			// welcome is written.
			_ = conn.SetReadDeadline(time.Now().Add(testTimeout))
			_, b, err := conn.ReadMessage()
			if err != nil {
				t.Error(err)
				return
			}
			e, err := wire.ParseRoomError(b)
			if wire.RoomKind(b[0]) != wire.RoomWelcomeKind && (err != nil || e.Code != wire.RoomReplaced) {
				t.Errorf("racer %d got %x", i, b)
			}
		})
	}
	wg.Wait()
	here := true
	// The last event is that of the peer that is there: each of the others was
	// replaced by the next.
	last := dial(t, base, asResumer(resumeID, peerA))
	last.wantResumeWelcome(wire.RoomPeerHere)
	last.forward("the last")
	for {
		frame := b.frame()
		switch kind := wire.RoomKind(frame[0]); {
		case kind == wire.RoomLeftKind && here:
			here = false
		case kind == wire.RoomJoinedKind && !here:
			here = true
		case kind == wire.RoomForwardKind && here:
			if string(frame[1:]) == "the last" {
				return
			}
		default:
			t.Fatalf("frame %x after here %t", frame, here)
		}
	}
}

// silentConn stands for a network that is gone: what is written to it is lost
// without an error.
type silentConn struct {
	net.Conn
	cut chan struct{}
}

func (c silentConn) Write(b []byte) (int, error) {
	select {
	case <-c.cut:
		return len(b), nil
	default:
		return c.Conn.Write(b)
	}
}

// The peer's old connection is dead without a FIN, and the relay is in the
// middle of a write to it that the dead network does not take.
func TestHalfDeadSeatIsTakenAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := startPipe(t, unlimited())
		cut := make(chan struct{})
		dialer := websocket.Dialer{NetDialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := n.dial(ctx, network, addr)
			return silentConn{conn, cut}, err
		}}
		conn, _, err := dialer.DialContext(t.Context(), "ws://pipe/ws", nil)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		a := client{t, conn}
		a.send(asResumer(resumeID, peerA).Append(nil)...)
		a.wantResumeWelcome(0)
		b := n.join(t, asResumer(resumeID, peerB))
		b.wantResumeWelcome(wire.RoomPeerHere)
		a.want(wire.RoomJoinedKind)
		close(cut) // and nobody reads from a any more
		toB := b.listen()
		sending := make(chan int)
		go func() {
			for range 20 { // more than the relay's queue takes
				b.forward("into the void")
			}
			close(sending)
		}()
		time.Sleep(time.Second)
		select {
		case <-sending:
			t.Fatal("nothing was stuck")
		default:
		}

		begin := time.Now()
		again := n.join(t, asResumer(resumeID, peerA))
		again.wantResumeWelcome(wire.RoomPeerHere)
		again.listen()
		for _, want := range []wire.RoomKind{wire.RoomLeftKind, wire.RoomJoinedKind} {
			if frame := <-toB; frame[0] != byte(want) {
				t.Fatalf("B heard %x, want kind %#x", frame, want)
			}
		}
		<-sending
		if took := time.Since(begin); took > replaceGrace {
			t.Errorf("the slot took %v", took)
		}
		again.forward("here I am")
		if frame := <-toB; string(frame[1:]) != "here I am" {
			t.Errorf("B heard %x", frame)
		}
	})
}

func TestResumesHaveALimitOfTheirOwn(t *testing.T) {
	config := Config{JoinsPerMinute: 3, ResumesPerMinute: 9}
	_, base := start(t, config)
	for range 3 {
		dial(t, base, asResumer(resumeID, peerA)).wantResumeWelcome(0)
	}
	dial(t, base, asResumer(resumeID, peerA)).wantError(wire.RoomRate)
	reply := open(t, base, "")
	dial(t, base, asReceiver(reply.Nameplate)).wantWelcome(0)
	dial(t, base, asReceiver(reply.Nameplate)).wantError(wire.RoomRate)
}

// At the default settings two peers behind one address may both come back every
// two seconds for as long as they like.
func TestReconnectingPeersStayUnderTheLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := startPipe(t, Config{})
		for i := range 300 {
			for _, name := range []byte{peerA, peerB} {
				s := n.join(t, asResumer(resumeID, name))
				if kind := wire.RoomKind(s.frame()[0]); kind != wire.RoomWelcomeKind {
					t.Fatalf("refused at attempt %d", i)
				}
				s.listen()
			}
			time.Sleep(2 * time.Second)
		}
	})
}

func TestResumeRoomsCountAsRooms(t *testing.T) {
	config := unlimited()
	config.MaxRooms = 2
	r, base := start(t, config)
	_, _, _ = pair(t, base)
	a, _ := resumePair(t, base)
	dial(t, base, asResumer(otherID, peerB)).wantError(wire.RoomFull)
	resp, body := post(t, base, string(wire.OpenRequest{}.Append(nil)))
	if word(t, body) != "full" {
		t.Errorf("%s: %s", resp.Status, body)
	}
	again := dial(t, base, asResumer(resumeID, peerA)) // who has a room keeps it
	again.wantResumeWelcome(wire.RoomPeerHere)
	a.wantError(wire.RoomReplaced)
	if n := rooms(r); n != 2 {
		t.Errorf("%d rooms, want 2", n)
	}
}

func TestResumeRoomAtShutdown(t *testing.T) {
	r, base := start(t, unlimited())
	a, b := resumePair(t, base)
	done := make(chan error, 1)
	go func() { done <- r.Shutdown(t.Context()) }()
	a.wantError(wire.RoomClosing)
	b.wantError(wire.RoomClosing)
	if err := <-done; err != nil {
		t.Error(err)
	}
	if n := rooms(r); n != 0 {
		t.Errorf("%d rooms are left", n)
	}
}
