// Package growth decides how many lanes of one kind share the work. It tries more
// lanes, measures the delivery rate, and keeps them only if they raise it.
//
// It knows neither lanes nor clocks: its user says what was delivered by when.
// Start with New and Controller.Observe.
package growth

import (
	"slices"
	"time"
)

const (
	// A change takes some round trips to show, and is measured only then.
	minSettle   = 400 * time.Millisecond
	settleRTTs  = 6
	minMeasure  = 600 * time.Millisecond
	measureRTTs = 10
	// minGain is by how many percent more lanes must raise the rate to be kept.
	minGain      = 10
	initialLanes = 4
	// A decision is held for firstHold, the next one twice as long, and so on up
	// to maxHold: paths change, but seldom.
	firstHold = 5 * time.Second
	maxHold   = time.Minute
	// minAuxiliaryWork is for how long there must be work to try auxiliary lanes,
	// since a trial that brings nothing costs seconds.
	minAuxiliaryWork = 6 * time.Second
)

// Sufficient is the rate, in bytes a second, at which lanes need no auxiliary
// ones: those would cost more of the machine than they bring.
const Sufficient = 50e6

// Sample is the state of a transfer at one time.
type Sample struct {
	At        time.Duration // since any fixed time
	Delivered int64         // bytes that the peer has received so far
	Remaining int64         // bytes that it has yet to get, 0 if that is not known
	Active    int           // lanes that share the work
	RTT       time.Duration // the path's round-trip time, 0 if it is not known
}

// Controller decides for one path. It doubles the number of lanes as long as that
// raises the rate, and then settles for the smallest number that is about as fast
// as any. When it has held that decision for a while it begins anew with half as
// many lanes.
type Controller struct {
	least  int // 0 for auxiliary lanes, else 1
	most   int
	target int

	stage     stage
	until     time.Duration // end of the stage; -1 if it has not begun
	start     Sample        // of the measurement
	trials    []trial       // since the last decision
	rechecked bool          // the rate without auxiliary lanes was measured twice
	hold      time.Duration
}

// trial is the rate that a number of lanes reached.
type trial struct {
	lanes int
	rate  float64 // bytes a second
}

// stage is what a controller does with its target.
type stage int

const (
	settling  stage = iota // waits for the change to show
	measuring              // measures the rate
	holding                // keeps the decision
)

// New makes a controller of lanes that carry all the data, at most so many. It
// starts with several, since a single lane on a path that loses packets takes long
// to show what it can do.
func New(most int) *Controller {
	return &Controller{least: 1, most: most, target: min(initialLanes, most), hold: firstHold, until: -1}
}

// NewAuxiliary makes a controller of lanes that assist others of a better kind.
// Samples count what all lanes deliver. It starts without auxiliary lanes, and
// tries four and more if the rate is not Sufficient and the transfer takes long
// enough; fewer than four rarely make a difference. If four seem to bring nothing
// it measures the others alone once more before it decides: they may have started
// fast on a path that slows them down later.
func NewAuxiliary(most int) *Controller {
	return &Controller{most: most, hold: firstHold, until: -1}
}

// Limit says that there cannot be more than n lanes.
func (c *Controller) Limit(n int) {
	c.most = max(c.least, n)
	c.trials = slices.DeleteFunc(c.trials, func(t trial) bool { return t.lanes > c.most })
	if c.target > c.most {
		c.try(c.most)
	}
}

// Observe takes a sample, several times a second, and returns how many lanes there
// should be.
func (c *Controller) Observe(s Sample) (target int) {
	switch {
	case s.Active != c.target:
		c.until = -1
		if c.stage == measuring {
			c.stage = settling
		}
	case c.until < 0:
		c.until = s.At + max(minSettle, settleRTTs*s.RTT)
	case s.At < c.until:
	case c.stage == settling:
		c.stage, c.start = measuring, s
		c.until = s.At + max(minMeasure, measureRTTs*s.RTT)
	case c.stage == measuring:
		c.evaluate(s)
	case c.least == 0:
		c.trials, c.rechecked = nil, false
		c.try(0)
	default:
		c.trials = nil
		c.try(max(1, c.target/2))
	}
	return c.target
}

// try starts a trial of a number of lanes.
func (c *Controller) try(lanes int) {
	c.target, c.stage, c.until = lanes, settling, -1
}

// evaluate ends a trial: it starts another one or decides.
func (c *Controller) evaluate(s Sample) {
	rate := float64(s.Delivered-c.start.Delivered) / (s.At - c.start.At).Seconds()
	if rate == 0 || c.doneSoon(s, rate) { // the path was not used, or needs no help
		c.try(c.target)
		return
	}
	first := len(c.trials) == 0
	previous, best := c.record(trial{c.target, rate})
	improved := gains(rate, previous)
	switch {
	case c.target == 0 && first:
		improved = rate < Sufficient
	case c.target == 0: // measured again
		c.target, improved = best.lanes, gains(best.rate, rate)
	case c.least == 0 && !improved && !c.rechecked && len(c.trials) == 2:
		c.rechecked = true
		c.try(0)
		return
	}
	if improved && c.target < c.most {
		c.try(min(c.more(), c.most))
		return
	}
	c.decide(best.rate)
	c.stage, c.until = holding, s.At+c.hold
	c.hold = min(2*c.hold, maxHold)
}

// doneSoon reports whether lanes that have not been assisted yet will soon be done
// alone.
func (c *Controller) doneSoon(s Sample, rate float64) bool {
	return len(c.trials) == 0 && c.target == 0 && s.Remaining > 0 &&
		float64(s.Remaining) < rate*minAuxiliaryWork.Seconds()
}

// record adds a trial, in place of an earlier one of as many lanes. It returns the
// best rate of the other trials, and the best trial of all.
func (c *Controller) record(latest trial) (previous float64, best trial) {
	c.trials = slices.DeleteFunc(c.trials, func(t trial) bool { return t.lanes == latest.lanes })
	best = latest
	for _, t := range c.trials {
		previous = max(previous, t.rate)
		if t.rate > best.rate {
			best = t
		}
	}
	c.trials = append(c.trials, latest)
	return previous, best
}

// gains reports whether a rate is by minGain better than another.
func gains(rate, other float64) bool { return rate*100 >= other*(100+minGain) }

// more returns the number of lanes to try after the target.
func (c *Controller) more() int {
	if c.target == 0 {
		return initialLanes
	}
	return 2 * c.target
}

// decide sets the target to the smallest number that reached about the best rate.
func (c *Controller) decide(best float64) {
	slices.SortFunc(c.trials, func(a, b trial) int { return a.lanes - b.lanes })
	for _, t := range c.trials {
		if t.rate*(100+minGain)/100 >= best {
			c.target = t.lanes
			return
		}
	}
}
