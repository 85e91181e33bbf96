package longhaul

import (
	"testing"
	"time"
)

// On a path that marks packets when its queue grows, the queue of two connections stays
// shorter than without marks. Next to nothing of the link is lost by that, and they share
// it.
func TestMarksShortenTheQueue(t *testing.T) {
	run := func(above time.Duration) (wait time.Duration, share, ours float64, dropped, marked int) {
		sim := newSimulation(2)
		there, back := path(sim, 30*mbit, 40*time.Millisecond, 0, 2)
		there.ecn.above = above
		a, b := connectNodes(t, sim, there, back, 1443)
		c, d := connectNodes(t, sim, there, back, 1443) // two of them keep a queue
		a.start(1 << 40)
		c.start(1 << 40)
		forever := func() bool { return false }
		sim.run(5*time.Second, forever)
		there.takeWait()
		x, y := b.received, d.received
		sim.run(35*time.Second, forever)
		x, y = b.received-x, d.received-y
		return there.takeWait(), float64(x+y) / 30 / (30 * mbit), float64(x) / float64(x+y), there.dropped, there.marked
	}
	without, full, _, _, none := run(0)
	with, share, ours, dropped, marked := run(5 * time.Millisecond)
	t.Logf("a queue of %v and %.0f %% of the link without marks, %v and %.0f %% with %d marks, shared %.0f : %.0f",
		without, full*100, with, share*100, marked, ours*100, 100-ours*100)
	if none != 0 || marked == 0 || with > without*3/4 || share < 0.85 || dropped > 0 {
		t.Errorf("a queue of %v instead of %v, %.0f %% of the link, %d marks, %d packets dropped", with, without, share*100, marked, dropped)
	}
	if ours < 0.35 || ours > 0.65 {
		t.Errorf("shared %.0f : %.0f", ours*100, 100-ours*100)
	}
}

// A policer that marks what is over its rate, and drops nothing, is heeded: without that the
// whole link would be used, four times as much. Probes go on, so it is not kept to the byte.
func TestMarkingPolicer(t *testing.T) {
	sim := newSimulation(3)
	there, back := path(sim, 40*mbit, 40*time.Millisecond, 0, 1)
	const allowed = 10 * mbit
	there.ecn.police = &tokenBucket{rate: allowed, size: 60000}
	a, b := connectNodes(t, sim, there, back, 1443)
	a.start(1 << 40)
	forever := func() bool { return false }
	sim.run(10*time.Second, forever)
	before := b.received
	sim.run(40*time.Second, forever)
	rate := float64(b.received-before) / 30
	t.Logf("%.1f Mbit/s where %.1f are allowed, %d marks, %d packets dropped", rate/mbit, allowed/mbit, there.marked, there.dropped)
	if rate < 0.6*allowed || rate > 2*allowed {
		t.Errorf("%.1f Mbit/s where %.1f are allowed", rate/mbit, allowed/mbit)
	}
}

// Where the bits are cleared, where all packets are marked, and where those that may be are
// dropped, nothing is sent with them for long, and all arrives.
func TestPathsThatSpoilECN(t *testing.T) {
	for name, spoil := range map[string]func(*ecnPath){
		"cleared": func(p *ecnPath) { p.clears = true },
		"marked":  func(p *ecnPath) { p.police = &tokenBucket{} },
		"dropped": func(p *ecnPath) { p.drops = true },
	} {
		t.Run(name, func(t *testing.T) {
			const bytes = 6 << 20
			sim := newSimulation(1)
			there, back := path(sim, 20*mbit, 40*time.Millisecond, 0, 1)
			spoil(&there.ecn)
			a, b := connectNodes(t, sim, there, back)
			a.start(bytes)
			sim.run(time.Minute, func() bool { return b.received >= bytes })
			share := float64(bytes) / sim.now.Seconds() / (20 * mbit)
			if b.received < bytes || share < 0.6 {
				t.Errorf("%d bytes, %.0f %% of the link", b.received, share*100)
			}
			if a.end.ecn.use() || a.end.ecn.sent > 1000 {
				t.Errorf("it goes on: %+v", a.end.ecn)
			}
			checkAtRest(t, sim, a, b)
		})
	}
}

// What a peer says of marks is believed if it can be true.
func TestReportsOfMarks(t *testing.T) {
	report := func(capable, marked uint64) frame { return frame{ecn: ecnCounts{capable, marked}} }
	begin := func() *ecnSender { return &ecnSender{peer: true, sent: 100} }

	e := begin()
	if n := e.onAck(report(8, 2), 10, true); n != 2 || !e.use() {
		t.Errorf("%d marks, %+v", n, e)
	}
	if n := e.onAck(report(7, 0), 1, false); n != 0 || !e.use() {
		t.Errorf("an ACK that was overtaken: %d marks, %+v", n, e)
	}
	if n := e.onAck(report(9, 5), 3, true); n != 3 || !e.use() {
		t.Errorf("one of the acknowledged came before: %d marks, %+v", n, e)
	}
	for name, second := range map[string]struct {
		report frame
		acked  uint64
	}{
		"no counts":            {report(0, 0), 5},
		"too few":              {report(9, 5), 5},
		"fewer capable":        {report(7, 9), 1},
		"fewer marked":         {report(20, 1), 1},
		"more than were sent":  {report(90, 11), 5},
		"more, and none acked": {report(200, 0), 0},
	} {
		e := begin()
		e.onAck(report(8, 2), 10, true)
		if n := e.onAck(second.report, second.acked, true); n != 0 || e.use() {
			t.Errorf("%s: %d marks, %+v", name, n, e)
		}
	}

	e = begin()
	if n := e.onAck(report(0, firstPackets-1), firstPackets-1, true); n != firstPackets-1 || !e.use() {
		t.Errorf("a few packets, all marked: %d, %+v", n, e)
	}
	if e.onAck(report(0, firstPackets), 1, true); e.use() {
		t.Errorf("all of the first packets are marked, and it goes on: %+v", e)
	}
	e = begin()
	e.onAck(report(1, firstPackets-1), firstPackets, true)
	if n := e.onAck(report(1, firstPackets+50), 51, true); n != 51 || !e.use() {
		t.Errorf("many are marked, and not all: %d, %+v", n, e)
	}

	e = begin()
	for range maxUnseen {
		if !e.use() {
			t.Fatal("it gives up too early")
		}
		e.onLost()
	}
	if e.use() {
		t.Error("all capable packets are lost, and it goes on")
	}
	e = begin()
	e.onAck(report(1, 0), 1, true)
	for range 10 * maxUnseen {
		e.onLost()
	}
	if !e.use() {
		t.Error("a path that loses packets is taken for one that drops all capable ones")
	}
}

// Packets are sent as capable once the path has carried one that was not, and only those
// that are acknowledged. A peer that reports no marks gets none.
func TestWhichPacketsAreCapable(t *testing.T) {
	for _, ecn := range []bool{true, false} {
		s := settings{payload: 1171, ecn: ecn, seed: 1}
		a, b := newEndpoint(s), newEndpoint(s)
		buf, now := make([]byte, 2000), granularity
		exchange := func(from, to *endpoint) (capable, all int) {
			for {
				packet, ok := from.next(buf, now)
				if !ok {
					return capable, all
				}
				all++
				bits := byte(0)
				if from.capable {
					capable++
					bits = ecnCapable
				}
				now += granularity
				if err := to.handle(packet, bits, now); err != nil {
					t.Fatal(err)
				}
			}
		}
		a.ping()
		if capable, all := exchange(a, b); all != 1 || capable != 0 {
			t.Errorf("first: %d of %d", capable, all)
		}
		now += 10 * time.Millisecond
		if capable, all := exchange(b, a); all == 0 || capable != 0 {
			t.Errorf("the answer: %d of %d", capable, all)
		}
		a.write(make([]byte, 3000))
		now += 10 * time.Millisecond
		capable, all := exchange(a, b)
		if all == 0 || ecn && capable != all || !ecn && capable != 0 {
			t.Errorf("ECN %t: %d of %d packets with data", ecn, capable, all)
		}
		now += 10 * time.Millisecond
		if capable, all := exchange(b, a); all == 0 || capable != 0 {
			t.Errorf("acknowledgements: %d of %d", capable, all)
		}
		if got := b.acks.ecn; got.capable != uint64(capable) || got.marked != 0 {
			t.Errorf("ECN %t: %+v were counted, %d sent", ecn, got, capable)
		}
		if ecn && a.ecn.reported != b.acks.ecn {
			t.Errorf("%+v were reported, %+v counted", a.ecn.reported, b.acks.ecn)
		}
	}
}
