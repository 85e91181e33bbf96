//go:build !js

package link

import (
	"context"
	"time"

	"github.com/tallow-transfer/tallow/internal/growth"
	"github.com/tallow-transfer/tallow/internal/session"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// Beside tcp lanes the sender decides by what the lanes deliver which of them carry data:
//
//	tcp alone        at first on a short path, and where it is so fast that another lane
//	                 would cost more of the machine than it brings
//	long-haul alone  at first on a long path: there tcp takes seconds to become fast, and
//	                 never does if packets are lost. A slow lane would hold blocks for
//	                 which everything else waits at the end.
//	both             where together they deliver more, which a trial shows
const (
	chooseEvery = 50 * time.Millisecond
	// minJudged is for how long lanes are measured, or three round trips.
	minJudged  = 300 * time.Millisecond
	judgedRTTs = 3
	// A path with such a round trip is long.
	longPath = 5 * time.Millisecond
	// A lane is far faster than another when it delivers farFaster times as much.
	farFaster = 2
	// Both lanes are kept if they deliver trialGain times as much as the long-haul lane
	// alone after trialTime, or trialRTTs round trips.
	trialGain = 1.15
	trialTime = time.Second
	trialRTTs = 10
	// The first trial comes after firstTrial, or trialRTTs round trips, the next ones after
	// nextTrial and then ever later. There is none if all will be sent within trialWork.
	firstTrial = 1500 * time.Millisecond
	nextTrial  = 20 * time.Second
	trialWork  = 6 * time.Second
)

// choice is which lanes carry data.
type choice int

const (
	tcpAlone choice = iota
	bothLanes
	longhaulAlone
)

// chooser decides between the tcp lanes and a long-haul lane. It knows no lanes: its
// user says what was delivered by when.
type chooser struct {
	chosen  choice
	since   time.Duration // when it was chosen, or when data began to flow
	wait    time.Duration // from since to the next trial; 0 before the first one
	alone   float64       // bytes a second of the long-haul lane alone; 0: both are no trial
	judged  bool          // tcp alone was chosen because the other is slower
	start   delivery      // of the measurement
	started bool
}

// delivery is what the lanes have delivered by a time.
type delivery struct {
	at            time.Duration // since any fixed time
	tcp, longhaul int64         // bytes
	rtt           time.Duration // of the long-haul lane, 0 if it is not known
	remaining     int64         // bytes that are still to be sent, 0 if that is not known
}

// observe takes a sample, several times a second, and returns which lanes should carry
// data.
func (c *chooser) observe(d delivery) choice {
	if c.chosen == tcpAlone && !c.judged && d.rtt >= longPath {
		c.choose(longhaulAlone, d.at)
	}
	if !c.started || d.tcp+d.longhaul == c.start.tcp+c.start.longhaul {
		c.started, c.start, c.since = true, d, d.at // nothing is sent, so nothing can be said
		return c.chosen
	}
	took := d.at - c.start.at
	if took < max(minJudged, judgedRTTs*d.rtt) {
		return c.chosen
	}
	tcp := float64(d.tcp-c.start.tcp) / took.Seconds()
	longhaul := float64(d.longhaul-c.start.longhaul) / took.Seconds()
	c.start = d
	switch c.chosen {
	case tcpAlone:
		if tcp < growth.Sufficient && (!c.judged || c.due(d, tcp)) {
			c.choose(bothLanes, d.at)
		}
	case longhaulAlone:
		if c.due(d, longhaul) {
			c.choose(bothLanes, d.at)
			c.alone = longhaul
		}
	case bothLanes:
		c.compare(d, tcp, longhaul)
	}
	return c.chosen
}

// due says whether it is time for a trial, at the present rate.
func (c *chooser) due(d delivery, rate float64) bool {
	wait := c.wait
	if wait == 0 {
		wait = max(firstTrial, trialRTTs*d.rtt)
	}
	if d.at-c.since < wait || d.remaining > 0 && float64(d.remaining) < rate*trialWork.Seconds() {
		return false
	}
	c.wait = max(nextTrial, 2*c.wait)
	return true
}

// compare decides by the rates of the lanes while both carry data.
func (c *chooser) compare(d delivery, tcp, longhaul float64) {
	over := d.at-c.since > max(trialTime, trialRTTs*d.rtt)
	switch {
	case longhaul > farFaster*tcp && (over || c.alone == 0):
		c.choose(longhaulAlone, d.at)
	case !over:
	case tcp > farFaster*longhaul:
		c.wait, c.judged = max(nextTrial, c.wait), true
		c.choose(tcpAlone, d.at)
	case tcp+longhaul < trialGain*c.alone:
		c.choose(longhaulAlone, d.at)
	default:
		c.alone = 0
	}
}

func (c *chooser) choose(next choice, at time.Duration) {
	c.chosen, c.since, c.alone = next, at, 0
}

// choose puts the tcp lanes and a long-haul lane to work or into standby until that is
// dead or ctx ends. rtt returns the round-trip time of the path.
func (l *Link) choose(ctx context.Context, beside *session.Lane, rtt func() time.Duration) {
	tick := time.NewTicker(chooseEvery)
	defer tick.Stop()
	began := time.Now()
	var c chooser
	for {
		lanes := l.Up(wire.LaneTCP)
		chosen := tcpAlone
		if len(lanes) == 0 {
			c = chooser{}
			beside.SetStandby(false)
		} else {
			d := delivery{at: time.Since(began), longhaul: beside.Delivered(), rtt: rtt(), remaining: l.remaining()}
			for _, t := range lanes {
				d.tcp += t.Delivered()
			}
			before := c.chosen
			chosen = c.observe(d)
			if chosen != before {
				l.config.Logger.Debug("lanes", "tcp", chosen != longhaulAlone, "long-haul", chosen != tcpAlone)
			}
			beside.SetStandby(chosen == tcpAlone)
		}
		for _, t := range lanes {
			t.SetStandby(chosen == longhaulAlone)
		}
		select {
		case <-tick.C:
		case <-beside.Done():
			for _, t := range l.Up(wire.LaneTCP) {
				t.SetStandby(false)
			}
			return
		case <-ctx.Done():
			return
		}
	}
}
