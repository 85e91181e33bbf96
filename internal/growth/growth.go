// Package growth decides how many lanes of a kind share the work. It watches
// what arrives, and keeps a step that brings more only as long as it does.
//
// It knows neither lanes nor clocks: who uses it says what has arrived by when.
package growth

import "time"

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
)

// Sample is how things stand at a time.
type Sample struct {
	At       time.Duration // since any fixed moment
	Arrived  int64         // bytes that the other side has, in all
	Carrying int           // lanes that share the work
	Round    time.Duration // the path's round trip, 0 if it is not known
}

// Controller decides for one path. It tries one lane, two, four and so on, as
// long as that brings more, and then keeps the smallest number that does as
// well as any. After some time it tries again, from half of that
// number on.
type Controller struct {
	most   int
	wanted int

	stage    stage
	until    time.Duration // end of settling, measuring or resting; -1 if it has not begun
	first    Sample        // of the measurement
	tried    []trial       // since the last decision
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

// New makes a controller that wants one lane at first, and at most the number
// given.
func New(most int) *Controller {
	return &Controller{most: most, wanted: 1, patience: patienceFirst, until: -1}
}

// Limit says that there cannot be more than n lanes.
func (c *Controller) Limit(n int) {
	c.most = max(1, n)
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
	before, best := 0.0, rate
	for _, t := range c.tried {
		before, best = max(before, t.rate), max(best, t.rate)
	}
	c.tried = append(c.tried, trial{c.wanted, rate})
	if rate*100 >= before*(100+worth) && c.wanted < c.most {
		c.try(min(2*c.wanted, c.most))
		return
	}
	for _, t := range c.tried { // the smallest number comes first
		if t.rate*(100+worth)/100 >= best {
			c.wanted = t.lanes
			break
		}
	}
	c.stage, c.until = resting, s.At+c.patience
	c.patience = min(2*c.patience, patienceMost)
}
