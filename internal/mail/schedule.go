package mail

import "time"

// Schedule says when a mail that could not be sent is sent again.
type Schedule struct {
	// Waits are the times between attempts; the last one is repeated.
	Waits []time.Duration
	// GiveUp is how long after it was queued a mail is tried at most.
	GiveUp time.Duration
}

// DefaultSchedule is patient enough for greylists, which want a few minutes to pass, and
// for a server that is away for a day.
func DefaultSchedule() Schedule {
	return Schedule{
		Waits: []time.Duration{
			time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour,
		},
		GiveUp: 24 * time.Hour,
	}
}

// Next returns when to try again after that many failed attempts, the last of them now.
// It is false when it is time to give up.
func (s Schedule) Next(queued, now time.Time, failures int) (time.Time, bool) {
	if len(s.Waits) == 0 || failures < 1 {
		return now, failures < 1
	}
	next := now.Add(s.Waits[min(failures, len(s.Waits))-1])
	return next, !next.After(queued.Add(s.GiveUp))
}
