//go:build !js

package link

import (
	"context"
	"time"

	"github.com/tallow-transfer/tallow/internal/growth"
	"github.com/tallow-transfer/tallow/internal/session"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// Beside tcp lanes a long-haul lane starts in standby. The sender decides by what the
// lanes deliver which of them carry data:
//
//	tcp alone        at first on a short path, and where it is so fast that another lane
//	                 would cost more of the machine than it brings
//	both             where tcp is not that fast
//	long-haul alone  where that delivers far more: a slow lane would hold blocks for
//	                 which everything else waits at the end
//	tcp alone        again, where it is the other way round
const (
	chooseEvery = 50 * time.Millisecond
	// minJudged is for how long lanes are measured, or three round trips.
	minJudged  = 300 * time.Millisecond
	judgedRTTs = 3
	// A lane is far faster than another when it delivers farFaster times as much.
	farFaster = 2
	// The long-haul lane needs time to find its rate: it is put aside only when it was far
	// slower for so long.
	growTime = 2 * time.Second
	growRTTs = 10
	// On a path with such a round trip no tcp lane is that fast soon.
	longPath = 5 * time.Millisecond
	// A decision for one lane alone is looked at again after reviewAfter.
	reviewAfter = 20 * time.Second
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
	since   time.Duration // when it was chosen
	slower  time.Duration // since when the long-haul lane is far slower; 0: it is not
	judged  bool          // tcp alone was chosen because the other is slower
	start   delivery      // of the measurement
	started bool
}

// delivery is what the lanes have delivered by a time.
type delivery struct {
	at            time.Duration // since any fixed time
	tcp, longhaul int64         // bytes
	rtt           time.Duration // of the long-haul lane, 0 if it is not known
}

// observe takes a sample, several times a second, and returns which lanes should carry
// data.
func (c *chooser) observe(d delivery) choice {
	if c.chosen == tcpAlone && !c.judged && d.rtt >= longPath {
		c.choose(bothLanes, d.at)
	}
	if !c.started || d.tcp+d.longhaul == c.start.tcp+c.start.longhaul {
		c.started, c.start = true, d // nothing is sent, so nothing can be said
		return c.chosen
	}
	took := d.at - c.start.at
	if took < max(minJudged, judgedRTTs*d.rtt) {
		return c.chosen
	}
	tcp := float64(d.tcp-c.start.tcp) / took.Seconds()
	longhaul := float64(d.longhaul-c.start.longhaul) / took.Seconds()
	c.start = d
	alone := d.at - c.since
	switch c.chosen {
	case tcpAlone:
		if tcp < growth.Sufficient && (!c.judged || alone > reviewAfter) {
			c.choose(bothLanes, d.at)
		}
	case bothLanes:
		switch {
		case longhaul > farFaster*tcp:
			c.choose(longhaulAlone, d.at)
		case tcp <= farFaster*longhaul:
			c.slower = 0
		case c.slower == 0:
			c.slower = d.at
		case d.at-c.slower > max(growTime, growRTTs*d.rtt):
			c.judged = true
			c.choose(tcpAlone, d.at)
		}
	case longhaulAlone:
		if alone > reviewAfter {
			c.choose(bothLanes, d.at)
		}
	}
	return c.chosen
}

func (c *chooser) choose(next choice, at time.Duration) {
	c.chosen, c.since, c.slower = next, at, 0
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
			d := delivery{at: time.Since(began), longhaul: beside.Delivered(), rtt: rtt()}
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
