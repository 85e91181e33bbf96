//go:build !js

package link

import (
	"context"
	"time"

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
//	both             where a trial shows that they do not share what bounds them. If they do,
//	                 both would only take more from others who share it.
const (
	chooseEvery = 50 * time.Millisecond
	// minJudged is for how long lanes are measured, or three round trips.
	minJudged  = 300 * time.Millisecond
	judgedRTTs = 3
	// A path with such a round trip is long.
	longPath = 5 * time.Millisecond
	// A lane is far faster than another when it delivers farFaster times as much.
	farFaster = 2
	// Both lanes are kept if after trialTime, or trialRTTs round trips, they deliver
	// trialGain times as much as the long-haul lane alone, and that lane itself
	// still trialKeeps of it.
	trialGain  = 1.15
	trialKeeps = 0.9
	trialTime  = time.Second
	trialRTTs  = 10
	// The first trial comes after firstTrial, or trialRTTs round trips, the next ones after
	// nextTrial and then ever later. There is none if all will be sent within trialWork.
	firstTrial = 1500 * time.Millisecond
	nextTrial  = 20 * time.Second
	trialWork  = 6 * time.Second
	// At sufficient, in bytes a second, tcp needs no other lane: that would cost more of the
	// machine than it brings.
	sufficient = 50e6
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
		if tcp < sufficient && (!c.judged || c.due(d, tcp)) {
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
	case tcp > farFaster*max(longhaul, c.alone):
		c.wait, c.judged = max(nextTrial, c.wait), true
		c.choose(tcpAlone, d.at)
	case tcp+longhaul < trialGain*c.alone || longhaul < trialKeeps*c.alone:
		c.choose(longhaulAlone, d.at)
	default:
		c.alone = 0
	}
}

func (c *chooser) choose(next choice, at time.Duration) {
	c.chosen, c.since, c.alone = next, at, 0
}

// longhaulPath is the path of a long-haul lane.
type longhaulPath interface {
	RoundTrip() time.Duration // 0 if it is not known
	Restart()                 // the tcp lanes have left the path: find out what it has now
}

// leaving notices when the tcp lanes have left a path to the long-haul lane. What they
// had sent already fills the path for some round trips.
type leaving struct {
	tcp   int64 // what they had delivered when that last grew
	since time.Duration
	alone bool // the long-haul lane has the path
}

// left reports once that nothing of the tcp lanes is on the way any more.
func (v *leaving) left(chosen choice, d delivery) bool {
	switch {
	case chosen != longhaulAlone:
		*v = leaving{tcp: d.tcp, since: d.at}
		return false
	case d.tcp != v.tcp:
		v.tcp, v.since = d.tcp, d.at
		return false
	case v.alone || d.at-v.since < max(2*chooseEvery, d.rtt):
		return false
	}
	v.alone = true
	return d.tcp > 0
}

// choose puts the tcp lanes and a long-haul lane to work or into standby until that is
// dead or ctx ends.
func (l *Link) choose(ctx context.Context, beside *session.Lane, path longhaulPath) {
	tick := time.NewTicker(chooseEvery)
	defer tick.Stop()
	began := time.Now()
	var c chooser
	var tcp leaving
	for {
		lanes := l.Up(wire.LaneTCP)
		chosen := tcpAlone
		if len(lanes) == 0 {
			c, tcp = chooser{}, leaving{}
			beside.SetStandby(false)
		} else {
			d := delivery{at: time.Since(began), longhaul: beside.Delivered(), rtt: path.RoundTrip(), remaining: l.remaining()}
			for _, t := range lanes {
				d.tcp += t.Delivered()
			}
			before := c.chosen
			chosen = c.observe(d)
			if chosen != before {
				l.config.Logger.Debug("lanes", "tcp", chosen != longhaulAlone, "long-haul", chosen != tcpAlone)
			}
			beside.SetStandby(chosen == tcpAlone)
			if tcp.left(chosen, d) {
				path.Restart()
			}
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

// remaining returns how many bytes are still to be sent, 0 if unknown.
func (l *Link) remaining() int64 {
	if l.options.Remaining == nil {
		return 0
	}
	return l.options.Remaining()
}
