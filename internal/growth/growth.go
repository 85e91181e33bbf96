// Package growth decides how many lanes of a kind share the work. It watches
// what arrives, and keeps a step that brings more only as long as it does.
//
// It knows neither lanes nor clocks: who uses it says what has arrived by when.
package growth

import "time"

// Times and shares of a decision.
const (
	// A change takes effect over some round trips, and is then measured.
	settleLeast  = 400 * time.Millisecond
	settleRounds = 6
	measureLeast = 500 * time.Millisecond
	measureRound = 6
	// worth is by how much a step has to raise the rate, in percent.
	worth = 10
	// After a step in vain, and after each further one, it is longer until the
	// next: paths change, but seldom.
	patienceFirst = 8 * time.Second
	patienceMost  = time.Minute
)

// Sample is how things stand at a time.
type Sample struct {
	At       time.Duration // since any fixed moment
	Arrived  int64         // bytes that the other side has, in all
	Carrying int           // lanes that share the work
	Round    time.Duration // the path's round trip, 0 if it is not known
}

// Controller decides for one path. The zero value wants nothing; use New.
type Controller struct {
	most   int
	wanted int

	stage  stage
	until  time.Duration // end of settling, measuring or resting
	first  Sample        // of the measurement
	before float64       // the rate before the step, bytes a second
	last   int           // lanes before the step; 0 if there was none

	patience time.Duration
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
		c.wanted, c.last = c.most, 0
		c.stage, c.until = settling, -1
	}
}

// Observe takes in how things stand and returns how many lanes are wanted. It
// is to be called several times a second.
func (c *Controller) Observe(s Sample) (wanted int) {
	if s.Carrying != c.wanted {
		c.stage, c.until = settling, -1
		return c.wanted
	}
	switch {
	case c.until < 0:
		c.until = s.At + max(settleLeast, settleRounds*s.Round)
	case s.At < c.until:
	case c.stage == settling || c.stage == resting:
		c.stage, c.first = measuring, s
		c.until = s.At + max(measureLeast, measureRound*s.Round)
	default:
		c.judge(s)
	}
	return c.wanted
}

// judge decides at the end of a measurement.
func (c *Controller) judge(s Sample) {
	rate := float64(s.Arrived-c.first.Arrived) / (s.At - c.first.At).Seconds()
	switch {
	case rate == 0: // nothing to send, which says nothing of the path
		c.stage, c.until = resting, s.At
	case c.last != 0 && rate < c.before*(100+worth)/100:
		c.wanted, c.last = c.last, 0
		c.rest(s.At)
	case c.wanted == c.most:
		c.last = 0
		c.rest(s.At)
	default:
		c.before, c.last = rate, c.wanted
		c.wanted = min(2*c.wanted, c.most)
		c.stage, c.until = settling, -1
	}
}

// rest leaves the number as it is for some time.
func (c *Controller) rest(now time.Duration) {
	c.stage, c.until = resting, now+c.patience
	c.patience = min(2*c.patience, patienceMost)
}
