package growth

import (
	"slices"
	"testing"
	"time"
)

// drive feeds a controller the samples of a path on which rate gives the bytes a
// second of a number of lanes. It returns the targets, and when they were set.
func drive(c *Controller, from, to time.Duration, round time.Duration, rate func(lanes int, at time.Duration) float64) (wanted []int, at []time.Duration) {
	const tick = 100 * time.Millisecond
	arrived, carrying := 0.0, c.target
	for now := from; now < to; now += tick {
		n := c.Observe(Sample{At: now, Delivered: int64(arrived), Active: carrying, RTT: round})
		if len(wanted) == 0 || wanted[len(wanted)-1] != n {
			wanted, at = append(wanted, n), append(at, now)
		}
		carrying = n
		arrived += rate(n, now) * tick.Seconds()
	}
	return wanted, at
}

// decision returns what a controller decides after some minutes on a path.
func decision(t *testing.T, c *Controller, rate func(lanes int, at time.Duration) float64) int {
	t.Helper()
	const span = 2 * time.Minute
	drive(c, 0, span, 50*time.Millisecond, rate)
	for at := span; c.stage != holding; at += time.Second {
		if at > 2*span {
			t.Fatal("no decision")
		}
		drive(c, at, at+time.Second, 50*time.Millisecond, func(n int, now time.Duration) float64 { return rate(n, now) })
	}
	return c.target
}

func TestGrowsAsLongAsMoreArrives(t *testing.T) {
	const link = 25e6
	for name, tt := range map[string]struct {
		one   float64 // of one lane
		first []int   // in the first seconds
		want  int     // in the end
	}{
		"one fills the path":        {link, []int{4, 8, 4}, 1},
		"two do":                    {link / 2, []int{4, 8, 4}, 2},
		"three do":                  {link / 3, []int{4, 8, 4}, 4},
		"eight do not":              {link / 20, []int{4, 8}, 8},
		"it is slower with several": {-1, []int{4, 8, 4}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			rate := func(lanes int, _ time.Duration) float64 {
				if tt.one < 0 {
					return link / float64(lanes)
				}
				return min(link, float64(lanes)*tt.one)
			}
			wanted, at := drive(New(8), 0, 5*time.Second, 50*time.Millisecond, rate)
			if !slices.Equal(wanted, tt.first) {
				t.Errorf("wanted %v at first, not %v", wanted, tt.first)
			}
			if last := at[len(at)-1]; last > 3*time.Second {
				t.Errorf("it took %v", last)
			}
			if n := decision(t, New(8), rate); n != tt.want {
				t.Errorf("wanted %d in the end, not %d", n, tt.want)
			}
		})
	}
}

// Auxiliary lanes are used if the others deliver little, and as many as raise the
// rate.
func TestAuxiliaryLanesWhereTheyPay(t *testing.T) {
	for name, tt := range map[string]struct {
		others, each, link float64
		want               []int
	}{
		"the others are sufficient": {Sufficient, 1e7, 1e9, []int{0}},
		"they fill the path":        {25e6, 25e6, 25e6, []int{0, 4, 0}},
		"four do":                   {5e6, 5e6, 25e6, []int{0, 4, 8, 4}},
		"the path loses much":       {5e6, 2e6, 25e6, []int{0, 4, 8}},
		"it costs the others":       {20e6, -4e6, 25e6, []int{0, 4, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			wanted, _ := drive(NewAuxiliary(8), 0, 7*time.Second, 50*time.Millisecond, func(lanes int, _ time.Duration) float64 {
				return min(tt.link, tt.others+float64(lanes)*tt.each)
			})
			if !slices.Equal(wanted, tt.want) {
				t.Errorf("wanted %v, not %v", wanted, tt.want)
			}
		})
	}
}

// Lanes that started fast and slowed down during the first trial are measured
// again.
func TestAuxiliaryLanesAfterAFastStart(t *testing.T) {
	wanted, _ := drive(NewAuxiliary(8), 0, 9*time.Second, 50*time.Millisecond, func(lanes int, at time.Duration) float64 {
		others := 4e6
		if at < 1500*time.Millisecond {
			others = 2e7
		}
		return min(2e7, others+float64(lanes)*2e6)
	})
	if want := []int{0, 4, 0, 8}; !slices.Equal(wanted, want) {
		t.Errorf("wanted %v, not %v", wanted, want)
	}
}

// A transfer that is soon done gets no auxiliary lanes, unless it turns out to take
// longer.
func TestAuxiliaryLanesOnlyForLongTransfers(t *testing.T) {
	for _, tt := range []struct {
		name string
		size float64 // bytes to be sent; 0: not known
		want []int
	}{
		{"done within seconds", 60e6, []int{0}},
		{"slower than it began", 110e6, []int{0, 4, 8}},
		{"long", 1e9, []int{0, 4, 0, 8}},
		{"without an end", 0, []int{0, 4, 0, 8}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := NewAuxiliary(8)
			arrived, carrying := 0.0, 0
			var wanted []int
			for now := time.Duration(0); now < 8*time.Second && (tt.size == 0 || arrived < tt.size); now += 100 * time.Millisecond {
				s := Sample{At: now, Delivered: int64(arrived), Active: carrying, RTT: 50 * time.Millisecond}
				if tt.size > 0 {
					s.Remaining = int64(tt.size - arrived)
				}
				carrying = c.Observe(s)
				if len(wanted) == 0 || wanted[len(wanted)-1] != carrying {
					wanted = append(wanted, carrying)
				}
				rate := 5e6
				if now < 1500*time.Millisecond {
					rate = 2e7
				}
				arrived += (rate + float64(carrying)*2e6) / 10
			}
			if !slices.Equal(wanted, tt.want) {
				t.Errorf("wanted %v, not %v", wanted, tt.want)
			}
		})
	}
}

// A decision is held for a while, and for longer each time.
func TestDecisionsAreHeld(t *testing.T) {
	c := New(8)
	_, at := drive(c, 0, 4*time.Minute, 50*time.Millisecond, func(int, time.Duration) float64 { return 1e7 })
	if len(at) > 30 {
		t.Errorf("%d changes in four minutes: %v", len(at), at)
	}
	if c.target > 2 {
		t.Errorf("%d lanes where one is enough", c.target)
	}
}

// A path that starts to lose packets gets more lanes, and fewer when it stops.
func TestFollowsThePath(t *testing.T) {
	c := New(8)
	lossy := func(lanes int, _ time.Duration) float64 { return float64(lanes) * 1e6 }
	clear := func(int, time.Duration) float64 { return 2e7 }
	if wanted, _ := drive(c, 0, time.Minute, 50*time.Millisecond, clear); !slices.Contains(wanted, 1) {
		t.Fatalf("wanted %v where one is enough", wanted)
	}
	if wanted, _ := drive(c, time.Minute, 5*time.Minute, 50*time.Millisecond, lossy); !slices.Contains(wanted, 8) {
		t.Errorf("wanted %v where eight are fastest", wanted)
	}
	if wanted, _ := drive(c, 5*time.Minute, 15*time.Minute, 50*time.Millisecond, clear); !slices.Contains(wanted, 1) {
		t.Errorf("wanted %v where one is enough", wanted)
	}
}

// A path of a long round-trip time gives a change more time.
func TestWaitsForTheRoundTrip(t *testing.T) {
	_, quick := drive(New(8), 0, time.Minute, time.Millisecond, func(n int, _ time.Duration) float64 { return float64(n) * 1e6 })
	_, slow := drive(New(8), 0, time.Minute, 600*time.Millisecond, func(n int, _ time.Duration) float64 { return float64(n) * 1e6 })
	if quick[1] > 1500*time.Millisecond || slow[1] < 8*600*time.Millisecond {
		t.Errorf("the first step came after %v on a quick path and %v on a slow one", quick[1], slow[1])
	}
}

// Nothing is decided while nothing is sent.
func TestIdlePathsDecideNothing(t *testing.T) {
	wanted, _ := drive(New(8), 0, time.Minute, 50*time.Millisecond, func(int, time.Duration) float64 { return 0 })
	if !slices.Equal(wanted, []int{initialLanes}) {
		t.Errorf("wanted %v", wanted)
	}
}

// Missing lanes are waited for before a measurement, and a limit is kept.
func TestWaitsForLanesAndLimits(t *testing.T) {
	c := New(8)
	rate := func(n int, _ time.Duration) float64 { return float64(n) * 1e6 }
	drive(c, 0, 1500*time.Millisecond, 0, rate)
	if c.target != 8 {
		t.Fatalf("wanted %d", c.target)
	}
	for at := 2 * time.Second; at < 20*time.Second; at += 100 * time.Millisecond {
		if n := c.Observe(Sample{At: at, Delivered: int64(at), Active: 7}); n != 8 {
			t.Fatalf("wanted %d although the eighth is missing", n)
		}
	}
	c.Limit(1)
	wanted, _ := drive(c, 20*time.Second, time.Minute, 0, rate)
	if !slices.Equal(wanted, []int{1}) {
		t.Errorf("wanted %v where one is all there can be", wanted)
	}
}
