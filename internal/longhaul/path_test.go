package longhaul

import (
	"testing"
	"time"
)

// A lossy long path is used almost as well as a clean one.
func TestLongLossyPaths(t *testing.T) {
	for _, test := range []struct {
		name       string
		rate       float64
		rtt        time.Duration
		loss, bdps float64
		bytes      int64
		share      float64 // of the link, from the first byte on
	}{
		{"200 Mbit 50 ms 0.1 %", 200 * mbit, 50 * time.Millisecond, 0.001, 1, 96 << 20, 0.85},
		{"100 Mbit 100 ms 0.5 %", 100 * mbit, 100 * time.Millisecond, 0.005, 1, 48 << 20, 0.8},
		{"50 Mbit 200 ms 2 %", 50 * mbit, 200 * time.Millisecond, 0.02, 1, 64 << 20, 0.7},
		{"clean", 200 * mbit, 50 * time.Millisecond, 0, 1, 96 << 20, 0.85},
		{"shallow", 200 * mbit, 50 * time.Millisecond, 0, 0.1, 96 << 20, 0.7},
		{"deep", 20 * mbit, 50 * time.Millisecond, 0, 10, 24 << 20, 0.8},
		{"slow", 1 * mbit, 30 * time.Millisecond, 0.01, 2, 1 << 20, 0.7},
		{"gigabit", 1000 * mbit, 20 * time.Millisecond, 0.0001, 1, 256 << 20, 0.75},
	} {
		t.Run(test.name, func(t *testing.T) {
			sim := newSimulation(1)
			there, back := path(sim, test.rate, test.rtt, test.loss, test.bdps)
			a, b := connectNodes(t, sim, there, back, 1343, 1395, 1423, 1443)
			there.mtu = 1443
			a.start(test.bytes)
			for i := 1; testing.Verbose() && i < 12; i++ {
				sim.at(time.Duration(i)*500*time.Millisecond, func() {
					c := a.end.cc
					t.Logf("%v received %d state %d bw %.2f rate %.2f cwnd %d flying %d long %d short %d minRTT %v srtt %v mtu %d own %.4f lost %d steps %d spurious", sim.now, b.received, c.state, c.model.maxBW()/test.rate, c.rate/test.rate, c.cwnd, a.end.flying, c.bounds.long, c.bounds.short, c.model.minRTT, a.end.loss.rtt.smoothed, a.end.mtu.current, c.losses.own, a.end.rate.lost, a.end.loss.steps)
				})
			}
			sim.run(time.Minute, func() bool { return b.received >= test.bytes })
			if b.received < test.bytes {
				t.Fatalf("%d of %d bytes within a minute", b.received, test.bytes)
			}
			took := sim.now
			share := float64(test.bytes) / took.Seconds() / test.rate
			t.Logf("%v, %.0f %% of the link, longest queue %v, dropped %d", took, share*100, there.queued, there.dropped)
			if share < test.share {
				t.Errorf("%.0f %% of the link, want %.0f", share*100, test.share*100)
			}
		})
	}
}
