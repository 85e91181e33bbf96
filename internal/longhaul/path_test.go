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
		{"50 Mbit 200 ms 2 %", 50 * mbit, 200 * time.Millisecond, 0.02, 1, 32 << 20, 0.65},
		{"clean", 50 * mbit, 50 * time.Millisecond, 0, 1, 24 << 20, 0.85},
		{"shallow", 50 * mbit, 50 * time.Millisecond, 0, 0.1, 24 << 20, 0.7},
		{"deep", 20 * mbit, 50 * time.Millisecond, 0, 10, 24 << 20, 0.8},
		{"slow", 1 * mbit, 30 * time.Millisecond, 0.01, 2, 1 << 20, 0.7},
		{"gigabit", 1000 * mbit, 20 * time.Millisecond, 0.0001, 1, 128 << 20, 0.65},
	} {
		t.Run(test.name, func(t *testing.T) {
			sim := newSimulation(1)
			there, back := path(sim, test.rate, test.rtt, test.loss, test.bdps)
			a, b := connectNodes(t, sim, there, back, 1343, 1395, 1423, 1443)
			there.mtu = 1443
			a.start(test.bytes)
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
