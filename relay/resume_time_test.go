package relay

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// joinResume lets a peer without a socket join the resume room of the tests.
func joinResume(t *testing.T, tb *table, name byte) *peer {
	t.Helper()
	p := newPeer(func(time.Duration) {})
	p.queue = make(chan *message, 100)
	if code := tb.join(p, resumeJoin(name), ""); code != 0 {
		t.Fatalf("not admitted: %v", code)
	}
	p.announce()
	return p
}

func resumeJoin(name byte) wire.RoomJoin {
	return asResumer([16]byte{1}, name)
}

// heard gives the kinds of the frames that p got, and forgets them.
func (p *peer) heard() (kinds []wire.RoomKind) {
	for len(p.queue) > 0 {
		kinds = append(kinds, wire.RoomKind((<-p.queue).frame[0]))
	}
	return kinds
}

func TestLonelyResumerExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tb := newTestTable(time.Minute, 10, 0)
		a := joinResume(t, tb, 'a')
		time.Sleep(30 * time.Minute)
		close(a.gone)
		again := joinResume(t, tb, 'a') // does not make the wait start again
		a.room.leave(a)
		time.Sleep(30*time.Minute - time.Nanosecond)
		synctest.Wait()
		if again.dismissed() {
			t.Fatal("expired too early")
		}
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		again.wantReason(t, wire.RoomExpired)
		if n, _ := tb.size(); n != 0 || len(tb.resumes) != 0 {
			t.Errorf("%d rooms", n)
		}
		// A peer that joins now is the first, even while the other is still leaving.
		b := joinResume(t, tb, 'b')
		leave(again)
		if n, _ := tb.size(); n != 1 || len(b.queue) != 1 {
			t.Errorf("%d rooms, and b has heard %v", n, b.heard())
		}
		leave(b)
		if n, _ := tb.size(); n != 0 {
			t.Errorf("%d rooms", n)
		}
	})
}

func TestTwoResumersStay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tb := newTestTable(time.Minute, 10, 0)
		a := joinResume(t, tb, 'a')
		time.Sleep(59 * time.Minute)
		b := joinResume(t, tb, 'b')
		time.Sleep(100 * time.Hour)
		synctest.Wait()
		if a.dismissed() || b.dismissed() {
			t.Fatal("expired with two peers in it")
		}
		leave(b)
		time.Sleep(time.Hour - time.Nanosecond)
		synctest.Wait()
		if a.dismissed() {
			t.Fatal("expired too early after the other left")
		}
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		a.wantReason(t, wire.RoomExpired)
	})
}

// The leave of a peer waits for the other, who is slow. Its next connection does
// not wait for its slot, but is told of only after it.
func TestTakeoverDoesNotWaitForTheOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tb := newTestTable(time.Hour, 10, 0)
		defer tb.close()
		slow := newPeer(func(time.Duration) {}) // its queue is short
		if code := tb.join(slow, resumeJoin('s'), ""); code != 0 {
			t.Fatal(code)
		}
		old := joinResume(t, tb, 'a') // joined fills the queue
		go leave(old)
		synctest.Wait()
		next := newPeer(func(time.Duration) {})
		if code := tb.join(next, resumeJoin('a'), ""); code != 0 {
			t.Fatal(code)
		}
		if m := <-next.queue; m.frame[2] != byte(wire.RoomPeerHere) {
			t.Errorf("welcome %x", m.frame)
		}
		go next.announce()
		synctest.Wait()
		want := []wire.RoomKind{wire.RoomWelcomeKind, wire.RoomJoinedKind, wire.RoomLeftKind, wire.RoomJoinedKind}
		for _, kind := range want {
			synctest.Wait()
			if m := <-slow.queue; m.frame[0] != byte(kind) {
				t.Fatalf("kind %#x, want %#x", m.frame[0], kind)
			}
		}
	})
}

// Both peers come back before the relay is done with their old connections:
// neither may be told that a connection left of which it was never told.
func TestBothTakeOverAtOnce(t *testing.T) {
	tb := newTestTable(time.Hour, 10, 0)
	defer tb.close()
	oldA, oldB := joinResume(t, tb, 'a'), joinResume(t, tb, 'b')
	close(oldA.gone)
	close(oldB.gone)
	newA, newB := newPeer(func(time.Duration) {}), newPeer(func(time.Duration) {})
	newA.queue, newB.queue = make(chan *message, 100), make(chan *message, 100)
	if tb.join(newA, resumeJoin('a'), "") != 0 || tb.join(newB, resumeJoin('b'), "") != 0 {
		t.Fatal("not admitted")
	}
	oldB.room.leave(oldB)
	oldA.room.leave(oldA)
	newB.announce()
	newA.announce()
	want := []wire.RoomKind{wire.RoomWelcomeKind, wire.RoomLeftKind, wire.RoomJoinedKind}
	if got := newA.heard(); !slices.Equal(got, want) {
		t.Errorf("A heard %v, want %v", got, want)
	}
	if got := newB.heard(); !slices.Equal(got, want[:1]) {
		t.Errorf("B heard %v, want the welcome alone", got)
	}
	for _, p := range []*peer{oldA, oldB, newA, newB} {
		if p.other != nil || p.notify != nil {
			t.Error("a peer holds another in memory")
		}
	}
}
