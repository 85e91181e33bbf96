package relay

import (
	"log/slog"
	"sync"
	"time"
)

// refusalInterval is how often refusals for one reason are logged at most.
const refusalInterval = time.Minute

// refusals tells the log of what is refused: for each reason the first at once,
// and then one line a minute with their number. There are no addresses in it.
type refusals struct {
	logger *slog.Logger

	mu      sync.Mutex
	reasons map[string]*refusalCount
	closed  bool
}

type refusalCount struct {
	count int // that the log has not been told of
	timer *time.Timer
}

func newRefusals(logger *slog.Logger) *refusals {
	return &refusals{logger: logger, reasons: make(map[string]*refusalCount)}
}

func (r *refusals) add(reason string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return
	}
	c := r.reasons[reason]
	if c == nil {
		c = &refusalCount{}
		r.reasons[reason] = c
		c.timer = time.AfterFunc(refusalInterval, func() { r.report(reason, c) })
		r.log(reason, 1)
		return
	}
	c.count++
}

// report logs what came in an interval. After one without any, the next refusal is
// logged at once again.
func (r *refusals) report(reason string, c *refusalCount) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return
	}
	if c.count == 0 {
		delete(r.reasons, reason)
		return
	}
	r.log(reason, c.count)
	c.count = 0
	c.timer.Reset(refusalInterval)
}

// close logs what is left.
func (r *refusals) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	for reason, c := range r.reasons {
		c.timer.Stop()
		if c.count > 0 {
			r.log(reason, c.count)
		}
	}
	clear(r.reasons)
}

func (r *refusals) log(reason string, count int) {
	r.logger.Warn("refused", "reason", reason, "count", count)
}
