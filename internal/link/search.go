package link

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/tallow-transfer/tallow/internal/code"
	"github.com/tallow-transfer/tallow/internal/rendezvous"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// The intervals at which a receiver that came first looks for the sender again.
// After the first few, a relay allows an address one join a second, and several
// receivers may be behind one address.
const (
	lookFirst   = time.Second
	lookLongest = 8 * time.Second
)

// search looks for the room of a code wherever it may be, until the sender has
// opened it.
type search struct {
	config   Config
	code     code.Code
	observer MeetingObserver
}

// found is the result of searching one location.
type found struct {
	room *rendezvous.Room
	at   location
	err  error
}

// joinRoom joins the room of a code. If the sender is not there yet, joinRoom
// waits for it until ctx ends. At the deadline of ctx the error is the last one
// seen: RoomUnknown, *NotFoundError or *SenderUnreachableError.
func (c Config) joinRoom(ctx context.Context, k code.Code, o MeetingObserver) (*rendezvous.Room, location, error) {
	all, err := c.locations(k)
	if err != nil {
		return nil, location{}, err
	}
	s := search{config: c, code: k, observer: o}
	first := all[0]
	if first.isLocal() {
		f := s.lookHere(ctx, first)
		return f.room, f.at, f.err
	}
	room, err := s.joinAtOnce(ctx, first)
	if err == nil {
		return room, first, nil
	}
	if !isUnknown(err) {
		return nil, location{}, err
	}
	o.Waiting(Waiting{Reason: WaitNobody, Relay: first.name, Nameplate: k.Nameplate})
	if len(all) == 1 {
		f := s.lookAtRelay(ctx, first, err)
		return f.room, f.at, f.err
	}
	f := s.lookEverywhere(ctx, first, all[1], err)
	return f.room, f.at, f.err
}

// joinAgain is how many more times a receiver joins if its relay goes away in the middle
// of that, as one does that is restarted.
const joinAgain = 3

// joinAtOnce joins a room if the relay has it now.
func (s search) joinAtOnce(ctx context.Context, at location) (*rendezvous.Room, error) {
	retry := newRetry(lookFirst, lookLongest)
	for n := 0; ; n++ {
		room, err := at.join(ctx)
		if n == joinAgain || !isGoing(err) || retry.wait(ctx, nil) != nil {
			return room, err
		}
		s.config.Logger.Debug("the relay went away; joining again", "reason", err)
	}
}

// isGoing says whether a relay that was there goes away.
func isGoing(err error) bool {
	var lost *rendezvous.LostError
	var refused *rendezvous.RelayError
	return errors.As(err, &lost) || errors.As(err, &refused) && refused.Code == wire.RoomClosing
}

// lookEverywhere looks at a relay and on this network at the same time: the
// sender may not use the relay that the receiver has configured.
func (s search) lookEverywhere(ctx context.Context, relay, here location, known error) found {
	ctx, stop := context.WithCancel(ctx)
	var wg sync.WaitGroup
	results := make(chan found, 2)
	wg.Go(func() { results <- s.lookAtRelay(ctx, relay, known) })
	wg.Go(func() {
		if f := s.lookHere(ctx, here); f.err == nil || isUsed(f.err) {
			results <- f
		}
	})
	first := <-results // the search at the relay always has one
	stop()
	wg.Wait()
	close(results)
	for f := range results {
		if f.err == nil {
			_ = f.room.Close() // no message was sent in it
		}
	}
	return first
}

// lookAtRelay asks a relay repeatedly until it has the room. known is its first
// answer, that it has no such room. Other errors meanwhile may be temporary.
func (s search) lookAtRelay(ctx context.Context, at location, known error) found {
	retry := newRetry(lookFirst, lookLongest)
	var least time.Duration
	for {
		if err := retry.waitAtLeast(ctx, least); err != nil {
			return found{err: endOf(ctx, known)}
		}
		room, err := at.join(ctx)
		var refused *rendezvous.RelayError
		switch {
		case err == nil:
			return found{room: room, at: at}
		case ctx.Err() != nil:
			return found{err: endOf(ctx, known)}
		case errors.As(err, &refused):
			if !isUnknown(err) && !refused.Code.Temporary() {
				return found{err: err}
			}
			least = refused.RetryAfter
		}
		s.config.Logger.Debug("the sender is not there yet", "reason", err)
	}
}

// lookHere looks on this network until the sender is found and can be reached.
func (s search) lookHere(ctx context.Context, at location) found {
	retry := newRetry(lookFirst, lookLongest)
	s.observer.Waiting(Waiting{Reason: WaitLooking, Nameplate: s.code.Nameplate})
	var known, unreachable *SenderUnreachableError
	for {
		room, err := at.join(ctx)
		switch {
		case err == nil:
			return found{room: room, at: at}
		case !errors.As(err, &unreachable):
			if known != nil && ctx.Err() != nil {
				err = endOf(ctx, known)
			}
			return found{err: err}
		case known == nil:
			s.observer.Waiting(Waiting{Reason: WaitUnreachable, Nameplate: s.code.Nameplate, Err: unreachable.Err})
		}
		known = unreachable
		if retry.wait(ctx, nil) != nil {
			return found{err: endOf(ctx, known)}
		}
	}
}

// endOf returns the error of a search whose context has ended: known after a
// deadline, else the context's cause.
func endOf(ctx context.Context, known error) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return known
	}
	return context.Cause(ctx)
}

// isUnknown says whether a relay has no room with the nameplate.
func isUnknown(err error) bool {
	var refused *rendezvous.RelayError
	return errors.As(err, &refused) && refused.Code == wire.RoomUnknown
}

// isUsed says whether the room exists but can no longer be joined.
func isUsed(err error) bool {
	var refused *rendezvous.RelayError
	return errors.As(err, &refused) && (refused.Code == wire.RoomUsed || refused.Code == wire.RoomFull)
}
