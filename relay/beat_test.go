package relay

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestPulse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p pulse
		want := func(alive, doubted bool) {
			t.Helper()
			if d, _ := p.doubts(); p.alive() != alive || d != doubted {
				t.Errorf("alive %t, doubted %t; want %t, %t", p.alive(), d, alive, doubted)
			}
		}
		want(false, false)
		p.beaten(time.Now(), false) // the first
		want(true, true)
		_, n := p.doubts()
		p.clear(n)
		want(true, false)

		time.Sleep(beatLife - beatMargin - time.Millisecond)
		want(true, false)
		if p.beaten(time.Now(), true) {
			t.Error("a beat in time is doubted")
		}
		want(true, false)

		// It is paused: it is dead before the store says so, and in doubt afterwards.
		time.Sleep(beatLife - beatMargin)
		want(false, false)
		if !p.beaten(time.Now(), true) {
			t.Error("a beat too late is not doubted")
		}
		want(true, true)
		_, n = p.doubts()

		// Another gap, while the rooms are looked at: they have to be looked at again.
		p.beaten(time.Now(), false)
		p.clear(n)
		want(true, true)
		_, n = p.doubts()
		p.clear(n)
		want(true, false)

		// A beat that took long to arrive is good from when it was sent.
		sent := time.Now()
		time.Sleep(3 * time.Second)
		p.beaten(sent, true)
		time.Sleep(beatLife - beatMargin - 3*time.Second)
		want(false, false)
	})
}
