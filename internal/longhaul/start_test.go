package longhaul

import (
	"testing"
	"time"
)

// The first record needs no second round trip, whatever sizes of packets are to be tried.
func TestFirstRecordTakesOneFlight(t *testing.T) {
	const rtt = 400 * time.Millisecond
	sim := newSimulation(1)
	there, back := path(sim, 100*mbit, rtt, 0, 1)
	a, b := connectNodes(t, sim, there, back, 1343, 1443, 4443, 8443, 8943)
	a.work() // the ping that opens the lane
	sim.run(2*rtt, func() bool { return a.end.loss.rtt.latest > 0 })
	began := sim.now
	a.start(10 * simMessage)
	sim.run(began+10*rtt, func() bool { return b.received >= simMessage })
	if took := b.first - began; b.received == 0 || took > rtt {
		t.Errorf("the first record arrived after %v", took)
	}
	sim.run(sim.now+10*rtt, func() bool { return a.end.mtu.current == 8943 })
	if a.end.mtu.current != 8943 {
		t.Errorf("larger packets were not tried: %d bytes", a.end.mtu.current)
	}
}

// After a TCP flow has left the path, Restart brings all of it to the connection.
func TestRestartTakesWhatOthersLeft(t *testing.T) {
	const rate, rtt = 100 * mbit, 50 * time.Millisecond
	delivered := func(bdps float64, restart bool) float64 {
		sim := newSimulation(1)
		there, back := path(sim, rate, rtt, 0, bdps)
		a, b := connectNodes(t, sim, there, back, 1443)
		c := newCubic(sim, there, back)
		c.send()
		sim.at(300*time.Millisecond, func() { a.start(1 << 40) })
		sim.at(500*time.Millisecond, func() { c.there = &link{sim: sim, down: true} })
		if restart {
			sim.at(700*time.Millisecond, func() { a.end.cc.restart() })
		}
		forever := func() bool { return false }
		sim.run(800*time.Millisecond, forever)
		before := b.received
		sim.run(1800*time.Millisecond, forever)
		return float64(b.received-before) / rate
	}
	for _, bdps := range []float64{0.1, 0.5, 1, 2} {
		with, without := delivered(bdps, true), delivered(bdps, false)
		t.Logf("queue of %.1f: %.0f %% of the path in the second after it, %.0f %% without", bdps, with*100, without*100)
		if with < 0.7 {
			t.Errorf("%.0f %% of the path", with*100)
		}
	}
}
