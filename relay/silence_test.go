package relay

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/tallow-transfer/tallow/internal/wire"
)

func newSilentTable(silent time.Duration) *table {
	return newTable(limits{
		ttl: time.Hour, resumeTTL: time.Hour, idleTimeout: 10 * time.Second, silentTimeout: silent, limit: 10,
	}, 0, newLedger(noLimits()))
}

// Peers that hold a burnt room and say nothing are disconnected, and so are those of
// a resume room.
func TestSilentRoomEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tb := newSilentTable(10 * time.Minute)
		r, _ := tb.open(wire.OpenRequest{Nonce: testNonce(), Nameplate: "7"}, owner{})
		s, rcv := join(t, tb, "7", &r.ticket), join(t, tb, "7", nil)
		a, b := joinResume(t, tb, 'a'), joinResume(t, tb, 'b')
		time.Sleep(5 * time.Second)
		r.heard.Store(true)
		rcv.spoke.Store(true)
		r.burn()
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		if s.dismissed() || rcv.dismissed() {
			t.Fatal("disconnected although something was said since it was looked")
		}
		a.wantReason(t, wire.RoomIdle)
		b.wantReason(t, wire.RoomIdle)
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		s.wantReason(t, wire.RoomIdle)
		rcv.wantReason(t, wire.RoomIdle)
		if n, _ := tb.size(); n != 0 {
			t.Errorf("%d rooms are left", n)
		}
	})
}

// One peer alone in a resume room has the time for that.
func TestLonelyResumerIsNotSilent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tb := newSilentTable(time.Minute)
		a := joinResume(t, tb, 'a')
		time.Sleep(59 * time.Minute)
		synctest.Wait()
		if a.dismissed() {
			t.Error("disconnected for its silence")
		}
		tb.close()
	})
}

// A message that comes a byte at a time holds a large buffer. It ends the connection
// after a while.
func TestDrippingMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := startPipe(t, unlimited())
		room, s, r := n.pair(t)
		room.burn()
		heard := r.listen()
		s.conn.SetPingHandler(func(string) error { return nil }) // a pong would be in the middle of it
		s.listen()
		head := []byte{0x82, 0xfe, 0x80, 0x00, 0, 0, 0, 0} // a masked binary message of 32 KiB
		conn := s.conn.NetConn()
		if _, err := conn.Write(head); err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		for {
			if _, err := conn.Write([]byte{5}); err != nil {
				break
			}
			time.Sleep(10 * time.Second)
			if time.Since(begin) > time.Hour {
				t.Fatal("it drips on after an hour")
			}
		}
		if took := time.Since(begin); took < messageTimeout || took > 2*messageTimeout {
			t.Errorf("it ended after %v", took)
		}
		if b := <-heard; wire.RoomKind(b[0]) != wire.RoomLeftKind {
			t.Errorf("the other peer heard %x", b)
		}
	})
}
