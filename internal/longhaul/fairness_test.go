package longhaul

import (
	"fmt"
	"testing"
	"time"
)

// Beside a flow of CUBIC on a queue of one to two bandwidth-delay products it takes
// neither everything nor next to nothing.
func TestSharesWithCubic(t *testing.T) {
	for _, test := range []struct {
		rate float64
		rtt  time.Duration
		bdps float64
	}{
		{50 * mbit, 50 * time.Millisecond, 1.5},
		{30 * mbit, 20 * time.Millisecond, 1},
		{30 * mbit, 20 * time.Millisecond, 2},
		{20 * mbit, 100 * time.Millisecond, 1},
		{20 * mbit, 100 * time.Millisecond, 2},
	} {
		for _, first := range []string{"first", "second"} {
			t.Run(fmt.Sprintf("%.0f Mbit %v %.1f %s", test.rate/mbit, test.rtt, test.bdps, first), func(t *testing.T) {
				sim := newSimulation(3)
				there, back := path(sim, test.rate, test.rtt, 0, test.bdps)
				a, b := connectNodes(t, sim, there, back, 1443)
				c := newCubic(sim, there, back)
				late := 5 * time.Second
				if first == "first" {
					a.start(1 << 40)
					sim.at(late, c.send)
				} else {
					c.send()
					sim.at(late, func() { a.start(1 << 40) })
				}
				forever := func() bool { return false }
				sim.run(20*time.Second, forever)
				ours, theirs := b.received, c.received
				sim.run(50*time.Second, forever)
				ours, theirs = b.received-ours, c.received-theirs
				share := float64(ours) / float64(ours+theirs)
				t.Logf("%.0f %% beside CUBIC; together %.0f %% of the link", share*100, float64(ours+theirs)/30/test.rate*100)
				if share < 0.25 || share > 0.75 {
					t.Errorf("%.0f %% of the link beside CUBIC", share*100)
				}
			})
		}
	}
}

// Two connections share a link, also if one was there first.
func TestSharesWithItself(t *testing.T) {
	for _, bdps := range []float64{0.5, 1, 2} {
		for _, loss := range []float64{0, 0.005} {
			t.Run(fmt.Sprintf("%.1f %.3f", bdps, loss), func(t *testing.T) {
				sim := newSimulation(4)
				there, back := path(sim, 30*mbit, 40*time.Millisecond, loss, bdps)
				a, b := connectNodes(t, sim, there, back, 1443)
				c, d := connectNodes(t, sim, there, back, 1443)
				a.start(1 << 40)
				sim.at(5*time.Second, func() { c.start(1 << 40) })
				forever := func() bool { return false }
				sim.run(20*time.Second, forever)
				x, y := b.received, d.received
				sim.run(60*time.Second, forever)
				x, y = b.received-x, d.received-y
				share := float64(x) / float64(x+y)
				t.Logf("%.0f : %.0f, together %.0f %%", share*100, 100-share*100, float64(x+y)/40/(30*mbit)*100)
				if share < 0.35 || share > 0.65 {
					t.Errorf("shared %.0f : %.0f", share*100, 100-share*100)
				}
			})
		}
	}
}

// Alone on a clean link with deep buffers it makes no standing queue.
func TestShortQueue(t *testing.T) {
	for _, bdps := range []float64{1, 2, 8} {
		sim := newSimulation(5)
		rtt := 50 * time.Millisecond
		there, back := path(sim, 30*mbit, rtt, 0, bdps)
		a, _ := connectNodes(t, sim, there, back, 1443)
		a.start(1 << 40)
		forever := func() bool { return false }
		sim.run(3*time.Second, forever)
		there.takeWait()
		there.queued = 0
		sim.run(30*time.Second, forever)
		mean := there.takeWait()
		t.Logf("%.0f BDP: the queue takes %v in the mean, at most %v", bdps, mean, there.queued)
		if mean > rtt/4 || there.queued > rtt*3/2 {
			t.Errorf("a queue of %v in the mean and at most %v on a path of %v", mean, there.queued, rtt)
		}
	}
}

// Packets that are late by chance make rates that the path does not have. They do not
// become a standing queue.
func TestShortQueueWithJitter(t *testing.T) {
	sim := newSimulation(1)
	rtt := 50 * time.Millisecond
	there, back := path(sim, 100*mbit, rtt, 0, 2)
	there.jitter, back.jitter = 3*time.Millisecond, 3*time.Millisecond
	a, _ := connectNodes(t, sim, there, back, 1443)
	a.start(1 << 40)
	forever := func() bool { return false }
	sim.run(5*time.Second, forever)
	there.takeWait()
	sim.run(25*time.Second, forever)
	if mean := there.takeWait(); mean > rtt/4 {
		t.Errorf("a queue of %v in the mean on a path of %v", mean, rtt)
	}
}
