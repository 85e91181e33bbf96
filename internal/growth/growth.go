// Package growth decides how many lanes of a kind share the work. It watches
// what arrives, and keeps a step that brings more only as long as it does.
//
// It knows neither lanes nor clocks: who uses it says what has arrived by when.
package growth

import (
	"slices"
	"time"
)

// Times and shares of a decision.
const (
	// A change takes effect over some round trips, and is then measured.
	settleLeast   = 400 * time.Millisecond
	settleRounds  = 6
	measureLeast  = 600 * time.Millisecond
	measureRounds = 10
	// worth is by how much more lanes have to raise the rate, in percent.
	worth = 10
	// After each decision it is longer until the next: paths change, but seldom.
	patienceFirst = 5 * time.Second
	patienceMost  = time.Minute
	// Enough is the rate, in bytes a second, at which lanes of another kind need
	// no help: there it costs more of the machine than it brings.
	Enough = 50e6
	// few is how many lanes there are at first.
	few = 4
	// Others are helped only while there is work for longer than this: what is
	// tried costs seconds where it brings nothing.
	helpFrom = 6 * time.Second
)

// Sample is how things stand at a time.
type Sample struct {
	At       time.Duration // since any fixed moment
	Arrived  int64         // bytes that the other side has, in all
	Left     int64         // bytes that it shall still get, 0 if that is not known
	Carrying int           // lanes that share the work
	Round    time.Duration // the path's round trip, 0 if it is not known
}

// Controller decides for one path. It tries twice as many lanes as long as that
// brings more, and then keeps the smallest number that does as well as any. After
// some time it tries again, from half of that number on.
type Controller struct {
	least  int // 0 beside lanes of another kind, else 1
	most   int
	wanted int

	stage    stage
	until    time.Duration // end of settling, measuring or resting; -1 if it has not begun
	first    Sample        // of the measurement
	tried    []trial       // since the last decision
	again    bool          // none was measured a second time
	patience time.Duration
}

// trial is what a number of lanes has brought.
type trial struct {
	lanes int
	rate  float64 // bytes a second
}

type stage int

const (
	settling stage = iota
	measuring
	resting
)

// New makes a controller that wants a few lanes at first, and at most the number
// given: on a path that loses packets one alone takes long to show what it is
// worth.
func New(most int) *Controller {
	return &Controller{least: 1, most: most, wanted: min(few, most), patience: patienceFirst, until: -1}
}

// Beside makes a controller of lanes that may help others of a better kind. It
// wants none at first, and none as long as what arrives is Enough, or they do
// not bring more; else four or more, since one of them rarely shows. If four
// seem to bring nothing it looks once more at what the others do alone: these
// may have begun well on a path that takes its toll later. What is done within
// seconds without them is not helped. Samples count what arrives by all lanes.
func Beside(most int) *Controller {
	return &Controller{most: most, patience: patienceFirst, until: -1}
}

// Limit says that there cannot be more than n lanes.
func (c *Controller) Limit(n int) {
	c.most = max(c.least, n)
	c.tried = slices.DeleteFunc(c.tried, func(t trial) bool { return t.lanes > c.most })
	if c.wanted > c.most {
		c.try(c.most)
	}
}

// Observe takes in how things stand and returns how many lanes are wanted. It
// is to be called several times a second.
func (c *Controller) Observe(s Sample) (wanted int) {
	switch {
	case s.Carrying != c.wanted:
		c.until = -1
		if c.stage == measuring {
			c.stage = settling
		}
	case c.until < 0:
		c.until = s.At + max(settleLeast, settleRounds*s.Round)
	case s.At < c.until:
	case c.stage == settling:
		c.stage, c.first = measuring, s
		c.until = s.At + max(measureLeast, measureRounds*s.Round)
	case c.stage == measuring:
		c.judge(s)
	case c.least == 0:
		c.tried, c.again = nil, false
		c.try(0)
	default:
		c.tried = nil
		c.try(max(1, c.wanted/2))
	}
	return c.wanted
}

// try has a number of lanes measured.
func (c *Controller) try(lanes int) {
	c.wanted, c.stage, c.until = lanes, settling, -1
}

// judge takes in what a number of lanes has brought.
func (c *Controller) judge(s Sample) {
	rate := float64(s.Arrived-c.first.Arrived) / (s.At - c.first.At).Seconds()
	if rate == 0 { // nothing to send, which says nothing of the path
		c.try(c.wanted)
		return
	}
	first := len(c.tried) == 0
	if first && c.wanted == 0 && s.Left > 0 && float64(s.Left) < rate*helpFrom.Seconds() {
		c.try(0)
		return
	}
	c.tried = slices.DeleteFunc(c.tried, func(t trial) bool { return t.lanes == c.wanted })
	before, best := 0.0, trial{c.wanted, rate}
	for _, t := range c.tried {
		before = max(before, t.rate)
		if t.rate > best.rate {
			best = t
		}
	}
	c.tried = append(c.tried, trial{c.wanted, rate})
	better := rate*100 >= before*(100+worth)
	switch {
	case c.wanted == 0 && first:
		better = rate < Enough
	case c.wanted == 0: // the second time
		c.wanted, better = best.lanes, best.rate*100 >= rate*(100+worth)
	case c.least == 0 && !better && !c.again && len(c.tried) == 2:
		c.again = true
		c.try(0)
		return
	}
	if better && c.wanted < c.most {
		c.try(min(c.more(), c.most))
		return
	}
	c.decide(best.rate)
	c.stage, c.until = resting, s.At+c.patience
	c.patience = min(2*c.patience, patienceMost)
}

// more is the number to try after the one that is wanted.
func (c *Controller) more() int {
	if c.wanted == 0 {
		return few
	}
	return 2 * c.wanted
}

// decide wants the smallest number that brought about as much as the best rate.
func (c *Controller) decide(best float64) {
	slices.SortFunc(c.tried, func(a, b trial) int { return a.lanes - b.lanes })
	for _, t := range c.tried {
		if t.rate*(100+worth)/100 >= best {
			c.wanted = t.lanes
			return
		}
	}
}
