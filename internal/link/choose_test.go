//go:build !js

package link

import (
	"slices"
	"testing"
	"time"
)

// simulate lets lanes deliver at rates, in bytes a second, for as long as they are
// chosen. It returns what was chosen at the end of each second.
func simulate(c *chooser, d *delivery, seconds int, tcp, longhaul float64) (chosen []choice) {
	const step = 50 * time.Millisecond
	now := c.chosen
	for range seconds {
		for range time.Second / step {
			d.at += step
			if now != longhaulAlone {
				d.tcp += int64(tcp * step.Seconds())
			}
			if now != tcpAlone {
				d.longhaul += int64(longhaul * step.Seconds())
			}
			now = c.observe(*d)
		}
		chosen = append(chosen, now)
	}
	return chosen
}

func TestChooser(t *testing.T) {
	for name, test := range map[string]struct {
		tcp, longhaul float64 // bytes a second
		rtt           time.Duration
		seconds       int
		want          choice // at the end
	}{
		"nothing is sent":           {0, 0, time.Millisecond, 5, tcpAlone},
		"a fast network":            {200e6, 300e6, time.Millisecond, 5, tcpAlone},
		"a slow network":            {1e6, 1.5e6, time.Millisecond, 2, bothLanes},
		"a long path, at once":      {0, 0, 20 * time.Millisecond, 1, longhaulAlone},
		"lanes that add up":         {10e6, 12e6, 50 * time.Millisecond, 5, bothLanes},
		"a lossy path":              {1e6, 20e6, 50 * time.Millisecond, 1, longhaulAlone},
		"a long lossy path":         {0.1e6, 5e6, 200 * time.Millisecond, 6, longhaulAlone},
		"UDP is throttled":          {10e6, 1e6, 50 * time.Millisecond, 4, tcpAlone},
		"UDP is throttled, at once": {10e6, 1e6, 50 * time.Millisecond, 1, longhaulAlone},
	} {
		t.Run(name, func(t *testing.T) {
			var c chooser
			chosen := simulate(&c, &delivery{rtt: test.rtt}, test.seconds, test.tcp, test.longhaul)
			if got := chosen[len(chosen)-1]; got != test.want {
				t.Errorf("%v, want %d at the end", chosen, test.want)
			}
		})
	}
}

// Where both lanes share one bottleneck a trial brings nothing, and the next one comes
// later.
func TestChooserEndsATrial(t *testing.T) {
	var c chooser
	d := delivery{rtt: 50 * time.Millisecond}
	trials := 0
	for range 60 * 20 {
		d.at += 50 * time.Millisecond
		if before := c.chosen; c.observe(d) == bothLanes && before != bothLanes {
			trials++
		}
		if c.chosen == bothLanes {
			d.tcp += 400e3
			d.longhaul += 600e3
		} else {
			d.longhaul += 1000e3
		}
	}
	if trials < 2 || trials > 3 || c.chosen != longhaulAlone {
		t.Errorf("%d trials in a minute, and %d at the end", trials, c.chosen)
	}
}

// A transfer that is done soon is not disturbed by a trial.
func TestChooserWithLittleLeft(t *testing.T) {
	var c chooser
	chosen := simulate(&c, &delivery{rtt: 50 * time.Millisecond, remaining: 50e6}, 10, 20e6, 10e6)
	for _, now := range chosen {
		if now != longhaulAlone {
			t.Fatalf("%v", chosen)
		}
	}
}

// A decision is looked at again, and changed if the path has.
func TestChooserReviews(t *testing.T) {
	var c chooser
	d := delivery{rtt: 50 * time.Millisecond}
	simulate(&c, &d, 3, 1e6, 20e6)
	if c.chosen != longhaulAlone {
		t.Fatalf("%d at first", c.chosen)
	}
	chosen := simulate(&c, &d, 30, 30e6, 1e6)
	if last := chosen[len(chosen)-1]; last != tcpAlone {
		t.Errorf("%v after the path has changed", chosen)
	}
	chosen = simulate(&c, &d, 60, 20e6, 21e6)
	if last := chosen[len(chosen)-1]; last != bothLanes {
		t.Errorf("%v after it has changed again", chosen)
	}
}

// A trial that takes from others on the path, and from the long-haul lane as well, is
// no gain, however much both lanes bring together.
func TestChooserBesideACompetitor(t *testing.T) {
	var c chooser
	d := delivery{rtt: 50 * time.Millisecond}
	tried := false
	for range 30 * 20 {
		d.at += 50 * time.Millisecond
		if c.observe(d) == bothLanes {
			tried = true
			d.tcp += 700e3
			d.longhaul += 250e3
		} else {
			d.longhaul += 500e3 // the competitor has the other half
		}
	}
	if !tried || c.chosen != longhaulAlone {
		t.Errorf("tried: %v, and %d at the end", tried, c.chosen)
	}
}

// The long-haul lane is told once that the tcp lanes have left, when nothing of theirs is
// on the way any more, and again after a trial.
func TestLeaving(t *testing.T) {
	const rtt = 200 * time.Millisecond
	var v leaving
	var left []time.Duration
	for at, tcp := time.Duration(0), int64(0); at < 8*time.Second; at += chooseEvery {
		chosen := longhaulAlone
		if at < time.Second || at >= 4*time.Second && at < 5*time.Second {
			chosen = bothLanes
		}
		if at < 1500*time.Millisecond || at >= 4*time.Second && at < 5500*time.Millisecond {
			tcp += 1000
		}
		if v.left(chosen, delivery{at: at, tcp: tcp, rtt: rtt}) {
			left = append(left, at)
		}
	}
	want := []time.Duration{1450*time.Millisecond + rtt, 5450*time.Millisecond + rtt}
	if !slices.Equal(left, want) {
		t.Errorf("%v, want %v", left, want)
	}
	v = leaving{}
	for at := time.Duration(0); at < time.Second; at += chooseEvery {
		if v.left(longhaulAlone, delivery{at: at, rtt: rtt}) {
			t.Error("tcp lanes left that never carried anything")
		}
	}
}
