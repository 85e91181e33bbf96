package relay

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// A stranger who joins and says nothing does not keep the receiver out.
func TestSilentReceiverLosesItsSlot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := startPipe(t, unlimited())
		r, s, stranger := n.pair(t)
		begin := time.Now()
		time.Sleep(testTimeout / 2)
		stranger.wantError(wire.RoomIdle)
		if took := time.Since(begin); took != 10*time.Second {
			t.Errorf("disconnected after %v, want 10s", took)
		}
		s.want(wire.RoomLeftKind)
		synctest.Wait()
		rcv := n.join(t, asReceiver(r.nameplate)) // the code is not burnt
		rcv.wantWelcome(wire.RoomPeerHere)
		s.want(wire.RoomJoinedKind)
		rcv.forward("M1")
		s.wantForward("M1")
		fromRelay := s.listen()
		toReceiver := rcv.listen()
		time.Sleep(30 * time.Minute) // it has spoken, and may take its time from now on
		s.forward("M2")
		if b := <-toReceiver; string(b[1:]) != "M2" {
			t.Errorf("the receiver heard %x", b)
		}
		select {
		case b, ok := <-fromRelay:
			t.Errorf("the sender heard %x, %t", b, ok)
		default:
		}
	})
}

// One that does not even read what the relay says loses the slot as well.
func TestDeafReceiverLosesItsSlot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := startPipe(t, unlimited())
		r, s, _ := n.pair(t)
		begin := time.Now()
		time.Sleep(testTimeout / 2)
		s.want(wire.RoomLeftKind)
		if took := time.Since(begin); took > 10*time.Second+closeGrace {
			t.Errorf("disconnected after %v", took)
		}
		synctest.Wait()
		n.join(t, asReceiver(r.nameplate)).wantWelcome(wire.RoomPeerHere)
		s.want(wire.RoomJoinedKind)
	})
}

func TestSilentReceiverOverSockets(t *testing.T) {
	config := unlimited()
	config.IdleTimeout = 20 * time.Millisecond
	r, base := start(t, config)
	reply, s, stranger := pair(t, base)
	stranger.wantError(wire.RoomIdle)
	s.want(wire.RoomLeftKind)
	eventually(t, "the slot is free", func() bool { return slotFree(r, reply.Nameplate, receiver) })
	rcv := dial(t, base, asReceiver(reply.Nameplate))
	rcv.wantWelcome(wire.RoomPeerHere)
	s.want(wire.RoomJoinedKind)
	rcv.forward("M1")
	s.wantForward("M1")
}

// The time runs only while both peers are there, and only until the burn.
func TestWhenTheReceiverMayBeSilent(t *testing.T) {
	const timeout = 10 * time.Second
	for name, tc := range map[string]struct {
		play func(t *testing.T, tb *table, r *room) *peer // returns the receiver
		want wire.RoomErrorCode
	}{
		"alone": {func(t *testing.T, tb *table, _ *room) *peer {
			return join(t, tb, "7", nil)
		}, 0},
		"the sender has left": {func(t *testing.T, tb *table, r *room) *peer {
			s, rcv := join(t, tb, "7", &r.ticket), join(t, tb, "7", nil)
			leave(s)
			return rcv
		}, 0},
		"the code is burnt": {func(t *testing.T, tb *table, r *room) *peer {
			join(t, tb, "7", &r.ticket)
			rcv := join(t, tb, "7", nil)
			r.burn()
			return rcv
		}, 0},
		"burnt before": {func(t *testing.T, tb *table, r *room) *peer {
			rcv := join(t, tb, "7", nil)
			r.burn()
			join(t, tb, "7", &r.ticket)
			return rcv
		}, 0},
		"it has spoken": {func(t *testing.T, tb *table, r *room) *peer {
			join(t, tb, "7", &r.ticket)
			rcv := join(t, tb, "7", nil)
			say(rcv)
			return rcv
		}, 0},
		"it says nothing": {func(t *testing.T, tb *table, r *room) *peer {
			join(t, tb, "7", &r.ticket)
			return join(t, tb, "7", nil)
		}, wire.RoomIdle},
		"the sender comes second": {func(t *testing.T, tb *table, r *room) *peer {
			rcv := join(t, tb, "7", nil)
			time.Sleep(time.Minute)
			join(t, tb, "7", &r.ticket)
			return rcv
		}, wire.RoomIdle},
		"it has spoken to nobody": {func(t *testing.T, tb *table, r *room) *peer {
			rcv := join(t, tb, "7", nil)
			say(rcv)
			join(t, tb, "7", &r.ticket)
			return rcv
		}, wire.RoomIdle},
		"the sender comes back": {func(t *testing.T, tb *table, r *room) *peer {
			s, rcv := join(t, tb, "7", &r.ticket), join(t, tb, "7", nil)
			say(rcv)
			leave(s)
			join(t, tb, "7", &r.ticket)
			return rcv
		}, wire.RoomIdle},
		"the room is over": {func(t *testing.T, tb *table, r *room) *peer {
			s, rcv := join(t, tb, "7", &r.ticket), join(t, tb, "7", nil)
			r.withdraw(s)
			return rcv
		}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tb := newTestTable(time.Hour, 10, 0)
				r, _ := tb.open(wire.OpenRequest{Nonce: testNonce(), Nameplate: "7"}, owner{})
				rcv := tc.play(t, tb, r)
				time.Sleep(timeout - time.Nanosecond)
				synctest.Wait()
				if rcv.dismissed() {
					t.Fatalf("dismissed too early, with %v", rcv.reason)
				}
				time.Sleep(time.Nanosecond)
				synctest.Wait()
				if tc.want != 0 {
					rcv.wantReason(t, tc.want)
				} else if rcv.dismissed() {
					t.Errorf("dismissed with %v", rcv.reason)
				}
				tb.close()
			})
		})
	}
}

// say lets a peer forward something, as its socket does.
func say(p *peer) {
	s := &socket{peer: p}
	s.forward(&message{frame: []byte{byte(wire.RoomForwardKind)}})
}

// The receiver that follows gets the whole time, whatever the one before used.
func TestEachReceiverHasItsOwnTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tb := newTestTable(time.Hour, 10, 0)
		r, _ := tb.open(wire.OpenRequest{Nonce: testNonce(), Nameplate: "7"}, owner{})
		join(t, tb, "7", &r.ticket)
		first := join(t, tb, "7", nil)
		time.Sleep(9 * time.Second)
		leave(first)
		second := join(t, tb, "7", nil)
		time.Sleep(9 * time.Second)
		synctest.Wait()
		if second.dismissed() {
			t.Fatal("dismissed by the time of the first")
		}
		time.Sleep(time.Second)
		synctest.Wait()
		second.wantReason(t, wire.RoomIdle)
		tb.close()
	})
}

func TestResumersMayBeSilent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tb := newTestTable(time.Hour, 10, 0)
		a, b := joinResume(t, tb, 'a'), joinResume(t, tb, 'b')
		time.Sleep(time.Hour)
		synctest.Wait()
		if a.dismissed() || b.dismissed() {
			t.Error("a peer that resumes was dismissed")
		}
		tb.close()
	})
}
