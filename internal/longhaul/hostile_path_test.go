package longhaul

import (
	"testing"
	"time"
)

// mishap is a path on which something goes wrong, and how fast it has to be all the
// same.
type mishap struct {
	rate  float64
	rtt   time.Duration
	share float64
	sizes []int
	spoil func(sim *simulation, there, back *link)
	check func(t *testing.T, a *endpoint)
}

// Whatever a path does, everything arrives, once and in order, and not much later than
// it could.
func TestMishaps(t *testing.T) {
	rtt := 40 * time.Millisecond
	usual := func(share float64, spoil func(sim *simulation, there, back *link)) mishap {
		return mishap{rate: 20 * mbit, rtt: rtt, share: share, spoil: spoil}
	}
	for name, m := range map[string]mishap{
		"reordering": usual(0.7, func(_ *simulation, there, _ *link) {
			there.reorder, there.late = 0.02, 15*time.Millisecond
		}),
		"reordering by more than a quarter of the round trip": usual(0.5, func(_ *simulation, there, _ *link) {
			there.reorder, there.late = 0.02, 35*time.Millisecond
		}),
		"jitter": usual(0.7, func(_ *simulation, there, back *link) {
			there.jitter, back.jitter = 10*time.Millisecond, 10*time.Millisecond
		}),
		"duplicates": usual(0.8, func(_ *simulation, there, back *link) {
			there.dup, back.dup = 0.2, 0.2
		}),
		"loss of acknowledgements": usual(0.7, func(_ *simulation, _, back *link) { back.loss = 0.3 }),
		"6 % loss":                 usual(0.6, func(_ *simulation, there, _ *link) { there.loss = 0.06 }),
		"15 % loss":                usual(0.1, func(_ *simulation, there, _ *link) { there.loss = 0.15 }),
		"a slow way back":          usual(0.7, func(_ *simulation, _, back *link) { back.rate = 0.5 * mbit }),
		"policer": usual(0.35, func(_ *simulation, there, _ *link) {
			there.police = &tokenBucket{rate: 10 * mbit, size: 60000}
		}),
		"outage": usual(0.3, func(sim *simulation, there, back *link) {
			sim.at(2*time.Second, func() { there.down, back.down = true, true })
			sim.at(6*time.Second, func() { there.down, back.down = false, false })
		}),
		"longer round trip": usual(0.5, func(sim *simulation, there, _ *link) {
			sim.at(2*time.Second, func() { there.delay = 120 * time.Millisecond })
		}),
		"more bandwidth": usual(1, func(sim *simulation, there, _ *link) {
			sim.at(2*time.Second, func() { there.rate, there.queue = 60*mbit, 4*there.queue })
		}),
		"less bandwidth": usual(0.25, func(sim *simulation, there, _ *link) {
			sim.at(time.Second, func() { there.rate /= 3 })
		}),
		"size of packets": {
			rate: 20 * mbit, rtt: rtt, share: 0.8, sizes: []int{1343, 1395, 1423, 1443, 4067, 8192},
			spoil: func(_ *simulation, there, _ *link) { there.mtu = 1423 },
			check: func(t *testing.T, a *endpoint) {
				if a.mtu.current != 1423 {
					t.Errorf("packets of %d bytes", a.mtu.current)
				}
			},
		},
		"smaller packets from now on": {
			rate: 20 * mbit, rtt: rtt, share: 0.5, sizes: []int{1343, 1395, 1423, 1443},
			spoil: func(sim *simulation, there, _ *link) {
				sim.at(2*time.Second, func() { there.mtu = 1343 })
			},
			check: func(t *testing.T, a *endpoint) {
				if a.mtu.current != 1343 && a.mtu.current != 1171 {
					t.Errorf("packets of %d bytes", a.mtu.current)
				}
			},
		},
	} {
		t.Run(name, func(t *testing.T) { runMishap(t, m) })
	}
}

func runMishap(t *testing.T, m mishap) {
	const bytes = 12 << 20
	sim := newSimulation(7)
	there, back := path(sim, m.rate, m.rtt, 0, 1)
	a, b := connectNodes(t, sim, there, back, m.sizes...)
	m.spoil(sim, there, back)
	a.start(bytes)
	sim.run(2*time.Minute, func() bool { return b.received >= bytes })
	share := float64(bytes) / sim.now.Seconds() / m.rate
	t.Logf("%v: %.0f %% of the rate at first; %d of %d bytes lost; window for reordering %d", sim.now, share*100, a.end.rate.lost, a.end.rate.delivered, a.end.loss.steps)
	if b.received < bytes || share < m.share {
		t.Errorf("%d bytes, %.0f %% of the rate, want %.0f", b.received, share*100, m.share*100)
	}
	if m.check != nil {
		m.check(t, a.end)
	}
	checkAtRest(t, sim, a, b)
}

// checkAtRest sees that both ends come to rest: nothing in flight, nothing held, nothing
// due.
func checkAtRest(t *testing.T, sim *simulation, ends ...*node) {
	t.Helper()
	sim.run(sim.now+10*time.Second, func() bool { return false })
	for _, n := range ends {
		e := n.end
		if e.flying != 0 || len(e.out.missing.spans) > 0 || e.out.floor != e.out.written || len(e.out.data.chunks) > 1 || len(e.in.data.chunks) > 1 {
			t.Errorf("%d bytes in flight, missing %v, acknowledged %d of %d, %d and %d chunks",
				e.flying, e.out.missing.spans, e.out.floor, e.out.written, len(e.out.data.chunks), len(e.in.data.chunks))
		}
		if at := e.deadline(); at != never {
			t.Errorf("something is due at %v, now %v", at, sim.now)
		}
	}
}

// A reader that is slow stops the sender, which buffers no more than the window.
func TestSlowReader(t *testing.T) {
	sim := newSimulation(8)
	there, back := path(sim, 100*mbit, 20*time.Millisecond, 0.001, 1)
	a, b := connectNodes(t, sim, there, back)
	b.slow = 100 * time.Millisecond // 0.6 MB/s
	a.start(12 << 20)
	sim.run(5*time.Second, func() bool { return false })
	held := (len(b.end.in.data.chunks) + len(a.end.out.data.chunks)) * chunkSize
	if most := 2*initialWindow + maxAhead; held > most {
		t.Errorf("%d bytes are held, want at most %d", held, most)
	}
	if b.received == 0 {
		t.Error("the reader gets nothing")
	}
	b.slow = 0
	b.work()
	sim.run(30*time.Second, func() bool { return b.received >= 12<<20 })
	if b.received < 12<<20 {
		t.Errorf("%d bytes after the reader became fast", b.received)
	}
}

// The last packets of a message are repeated soon if they are lost.
func TestTailLoss(t *testing.T) {
	sim := newSimulation(9)
	there, back := path(sim, 0, 50*time.Millisecond, 0, 1)
	there.rate, back.rate = 0, 0
	a, b := connectNodes(t, sim, there, back)
	a.work()
	sim.run(time.Second, func() bool { return false })
	there.down = true
	sim.at(sim.now+10*time.Millisecond, func() { there.down = false })
	began := sim.now
	a.start(simMessage)
	sim.run(began+5*time.Second, func() bool { return b.received > 0 })
	if took := sim.now - began; b.received == 0 || took > 500*time.Millisecond {
		t.Errorf("%d bytes after %v", b.received, took)
	}
}

// Both directions at once carry as much as one alone.
func TestBothDirections(t *testing.T) {
	sim := newSimulation(10)
	there, back := path(sim, 20*mbit, 40*time.Millisecond, 0.005, 1)
	a, b := connectNodes(t, sim, there, back, 1443)
	const bytes = 10 << 20
	a.start(bytes)
	b.start(bytes)
	sim.run(time.Minute, func() bool { return a.received >= bytes && b.received >= bytes })
	share := float64(bytes) / sim.now.Seconds() / (20 * mbit)
	t.Logf("%.0f %% of the link each", share*100)
	if share < 0.7 {
		t.Errorf("%.0f %% of the link each", share*100)
	}
	checkAtRest(t, sim, a, b)
}
