package relay

import (
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// newTestTable makes a table whose receivers have 10 s for their first message.
func newTestTable(ttl time.Duration, limit, leastDigits int) *table {
	return newTable(limits{
		ttl: ttl, resumeTTL: time.Hour, idleTimeout: 10 * time.Second, silentTimeout: 1000 * time.Hour, limit: limit,
	}, leastDigits, newLedger(noLimits()))
}

// asPeer joins as the sender if there is a ticket, else as the receiver.
func asPeer(nameplate string, ticket *wire.Ticket) wire.RoomJoin {
	if ticket != nil {
		return asSender(nameplate, *ticket)
	}
	return asReceiver(nameplate)
}

// join lets a peer without a socket join; the table does not know the difference.
// Its queue is long, because nothing empties it.
func join(t *testing.T, tb *table, nameplate string, ticket *wire.Ticket) *peer {
	t.Helper()
	p := newPeer(func(time.Duration) {})
	p.queue = make(chan *message, 100)
	return joinPeer(t, tb, p, nameplate, ticket)
}

func joinPeer(t *testing.T, tb *table, p *peer, nameplate string, ticket *wire.Ticket) *peer {
	t.Helper()
	if code := tb.join(p, asPeer(nameplate, ticket), ""); code != 0 {
		t.Fatalf("not admitted: %v", code)
	}
	p.announce()
	return p
}

func refused(tb *table, nameplate string, ticket *wire.Ticket) wire.RoomErrorCode {
	return tb.join(newPeer(func(time.Duration) {}), asPeer(nameplate, ticket), "")
}

// stand lets a peer go, as its socket does.
func leave(p *peer) {
	close(p.gone)
	p.room.leave(p)
}

func (p *peer) wantReason(t *testing.T, code wire.RoomErrorCode) {
	t.Helper()
	if !p.dismissed() || p.reason != code {
		t.Errorf("dismissed %t with %v, want %v", p.dismissed(), p.reason, code)
	}
}

func TestRoomExpiresWhenNobodyUsesTheCode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tb := newTestTable(time.Hour, 10, 0)
		r, _ := tb.open(wire.OpenRequest{Nonce: testNonce(), Nameplate: "7"}, owner{})
		s := join(t, tb, "7", &r.ticket)
		rcv := join(t, tb, "7", nil)
		rcv.spoke.Store(true)
		time.Sleep(time.Hour - time.Nanosecond)
		synctest.Wait()
		if s.dismissed() || rcv.dismissed() {
			t.Fatal("expired too early")
		}
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		s.wantReason(t, wire.RoomExpired)
		rcv.wantReason(t, wire.RoomExpired)
		if n, _ := tb.size(); n != 0 {
			t.Errorf("%d rooms", n)
		}
		if code := refused(tb, "7", nil); code != wire.RoomExpired {
			t.Errorf("a late receiver is told %v", code)
		}
		leave(s)
		leave(rcv)
		time.Sleep(tombstoneTTL)
		if _, code := tb.open(wire.OpenRequest{Nonce: testNonce(), Nameplate: "8"}, owner{}); code != 0 {
			t.Error(code)
		}
		if code := refused(tb, "7", nil); code != wire.RoomUnknown {
			t.Errorf("a very late receiver is told %v", code)
		}
		tb.close()
	})
}

func TestBurntRoomLivesAsLongAsItsPeers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tb := newTestTable(time.Hour, 10, 0)
		r, _ := tb.open(wire.OpenRequest{Nonce: testNonce(), Nameplate: "7"}, owner{})
		s, rcv := join(t, tb, "7", &r.ticket), join(t, tb, "7", nil)
		r.burn()
		time.Sleep(100 * time.Hour)
		synctest.Wait()
		if s.dismissed() || rcv.dismissed() {
			t.Fatal("a burnt room expired under its peers")
		}
		leave(s)
		if code := refused(tb, "7", nil); code != wire.RoomUsed {
			t.Errorf("a newcomer is told %v", code)
		}
		s = join(t, tb, "7", &r.ticket) // the ticket still admits
		leave(rcv)
		if code := refused(tb, "7", nil); code != wire.RoomUsed {
			t.Errorf("a newcomer to a free slot is told %v", code)
		}
		if n, _ := tb.size(); n != 1 {
			t.Errorf("%d rooms, want 1", n)
		}
		leave(s)
		if n, _ := tb.size(); n != 0 {
			t.Errorf("%d rooms, want none", n)
		}
	})
}

func TestBurntAndNeverJoinedEndsWithItsSender(t *testing.T) {
	tb := newTestTable(time.Hour, 10, 0)
	r, _ := tb.open(wire.OpenRequest{Nonce: testNonce(), Nameplate: "7"}, owner{})
	s := join(t, tb, "7", &r.ticket)
	r.burn()
	leave(s)
	if n, _ := tb.size(); n != 0 {
		t.Errorf("%d rooms, want none", n)
	}
}

func TestUnburntRoomOutlivesItsPeers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tb := newTestTable(time.Hour, 10, 0)
		r, _ := tb.open(wire.OpenRequest{Nonce: testNonce(), Nameplate: "7"}, owner{})
		leave(join(t, tb, "7", &r.ticket))
		leave(join(t, tb, "7", nil))
		time.Sleep(59 * time.Minute)
		leave(join(t, tb, "7", nil))
		time.Sleep(time.Minute)
		synctest.Wait()
		if code := refused(tb, "7", nil); code != wire.RoomExpired {
			t.Errorf("after an hour: %v", code)
		}
	})
}

// A peer must be told about the peers in the other slot in the order in which they
// joined and left, whatever the scheduler does.
func TestNoticesComeInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tb := newTestTable(time.Hour, 10, 0)
		r, _ := tb.open(wire.OpenRequest{Nonce: testNonce(), Nameplate: "7"}, owner{})
		s := joinPeer(t, tb, newPeer(func(time.Duration) {}), "7", &r.ticket)
		<-s.queue // welcome
		first := join(t, tb, "7", nil)
		s.put(&message{frame: []byte{byte(wire.RoomForwardKind)}}, nil) // the queue is full now

		go leave(first)
		synctest.Wait()
		// Its leave waits for the queue. The next peer gets the slot all the same, and
		// is announced after that.
		second := newPeer(func(time.Duration) {})
		if code := tb.join(second, asReceiver("7"), ""); code != 0 {
			t.Fatalf("the slot of one that has gone: %v", code)
		}
		go second.announce()
		synctest.Wait()
		want := []wire.RoomKind{wire.RoomJoinedKind, wire.RoomForwardKind, wire.RoomLeftKind, wire.RoomJoinedKind}
		for _, kind := range want {
			if m := <-s.queue; m.frame[0] != byte(kind) {
				t.Fatalf("kind %#x, want %#x", m.frame[0], kind)
			}
		}
		synctest.Wait()
		if code := refused(tb, "7", nil); code != wire.RoomFull {
			t.Fatalf("beside the next peer: %v", code)
		}
		tb.close()
	})
}

// Both hear of each other exactly once, however the two arrivals interleave.
func TestEachHearsOfTheOtherOnce(t *testing.T) {
	tb := newTestTable(time.Hour, 10, 0)
	defer tb.close()
	r, _ := tb.open(wire.OpenRequest{Nonce: testNonce(), Nameplate: "7"}, owner{})
	s, rcv := newPeer(func(time.Duration) {}), newPeer(func(time.Duration) {})
	if tb.join(s, asSender("7", r.ticket), "") != 0 || tb.join(rcv, asReceiver("7"), "") != 0 {
		t.Fatal("not admitted")
	}
	rcv.announce()
	s.announce() // so late that the receiver is there
	for _, tc := range []struct {
		who  string
		p    *peer
		want []wire.RoomKind
		here wire.RoomFlags
	}{
		{"sender", s, []wire.RoomKind{wire.RoomWelcomeKind, wire.RoomJoinedKind}, 0},
		{"receiver", rcv, []wire.RoomKind{wire.RoomWelcomeKind}, wire.RoomPeerHere},
	} {
		if len(tc.p.queue) != len(tc.want) {
			t.Fatalf("%s: %d messages, want %d", tc.who, len(tc.p.queue), len(tc.want))
		}
		for i, kind := range tc.want {
			m := <-tc.p.queue
			if m.frame[0] != byte(kind) || i == 0 && m.frame[2] != byte(tc.here) {
				t.Errorf("%s: message %d is %x", tc.who, i, m.frame)
			}
		}
	}
}

func TestClosingTableRefuses(t *testing.T) {
	tb := newTestTable(time.Hour, 10, 0)
	r, _ := tb.open(wire.OpenRequest{Nonce: testNonce(), Nameplate: "7"}, owner{})
	s := join(t, tb, "7", &r.ticket)
	tb.close()
	s.wantReason(t, wire.RoomClosing)
	if _, code := tb.open(wire.OpenRequest{Nonce: testNonce()}, owner{}); code != wire.RoomClosing {
		t.Errorf("open: %v", code)
	}
	if code := refused(tb, "7", nil); code != wire.RoomClosing {
		t.Errorf("take: %v", code)
	}
}

func TestMemoryOfEndedRoomsIsBounded(t *testing.T) {
	tb := newTestTable(time.Hour, 5, 0)
	for i := range 100 {
		r, code := tb.open(wire.OpenRequest{Nonce: testNonce(), Nameplate: strconv.Itoa(1 + i)}, owner{})
		if code != 0 {
			t.Fatal(code)
		}
		s := join(t, tb, r.nameplate, &r.ticket)
		r.withdraw(s)
		leave(s)
	}
	if len(tb.entries) != 5 || len(tb.tombstones) != 5 {
		t.Errorf("%d entries and %d tombstones, want 5", len(tb.entries), len(tb.tombstones))
	}
	if used := tb.numbers.used[1] + tb.numbers.used[2] + tb.numbers.used[3]; used != 5 {
		t.Errorf("%d numbers in use, want 5", used)
	}
	if code := refused(tb, "100", nil); code != wire.RoomWithdrawn {
		t.Errorf("withdrawn: %v", code)
	}
	// A nameplate that ends several times has one tombstone, and can be asked for.
	for range 20 {
		r, code := tb.open(wire.OpenRequest{Nonce: testNonce(), Nameplate: "7"}, owner{})
		if code != 0 {
			t.Fatal(code)
		}
		r.burn()
		s := join(t, tb, "7", &r.ticket)
		leave(s)
		if code := refused(tb, "7", nil); code != wire.RoomUsed {
			t.Fatalf("used: %v", code)
		}
	}
	total := 0
	for _, n := range tb.numbers.used {
		total += n
	}
	if total != len(tb.entries) {
		t.Errorf("%d numbers counted, %d entries", total, len(tb.entries))
	}
}

func TestNameplatesAreShortWhilePractical(t *testing.T) {
	tb := newTestTable(time.Hour, 1000, 0)
	lengths := map[int]int{}
	seen := map[string]bool{}
	for range 1000 {
		r, code := tb.open(wire.OpenRequest{Nonce: testNonce()}, owner{})
		if code != 0 {
			t.Fatal(code)
		}
		if !wire.ValidNameplate(r.nameplate) || seen[r.nameplate] {
			t.Fatalf("nameplate %q", r.nameplate)
		}
		seen[r.nameplate] = true
		lengths[len(r.nameplate)]++
	}
	// Half of 1..99, half of 100..999, the rest of four digits.
	if short := lengths[1] + lengths[2]; short != 50 || lengths[3] != 450 || lengths[4] != 500 {
		t.Errorf("digits: %v", lengths)
	}
	tb.close()

	tb = newTestTable(time.Hour, 6000, 4)
	lengths = map[int]int{}
	for range 6000 {
		r, _ := tb.open(wire.OpenRequest{Nonce: testNonce()}, owner{})
		lengths[len(r.nameplate)]++
	}
	if lengths[4] != 4500 || lengths[5] != 1500 {
		t.Errorf("digits, four at least: %v", lengths)
	}
	tb.close()
}

func anyLength(int, int) bool { return true }

func TestNumbersRunOut(t *testing.T) {
	n := &numbers{least: 9}
	n.used[9] = 450_000_000
	if got := n.choose(func(string) bool { return false }, anyLength); got != "" {
		t.Errorf("%q, although half of the last range is in use", got)
	}
	n.used[9]--
	if got := n.choose(func(string) bool { return false }, anyLength); len(got) != 9 {
		t.Errorf("%q, want nine digits", got)
	}
	// The one number that is free is found.
	n = &numbers{}
	if got := n.choose(func(s string) bool { return s != "42" }, anyLength); got != "42" {
		t.Errorf("%q, want 42", got)
	}
}
