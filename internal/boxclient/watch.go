package boxclient

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// How long Watch waits before it asks again after an error.
const (
	firstRetry = time.Second
	lastRetry  = time.Minute
)

// Watch returns the messages in some slots, 1 to MaxSlots of them, each once. It waits
// until there is one, and asks again as long as what keeps it from one may pass: there is
// no network, say, or the relay restarts. It returns at most 64 messages; the others come
// once these are deleted, or are not watched any more.
func (c *Client) Watch(ctx context.Context, slots []Slot) ([]Message, error) {
	wanted, err := distinct(slots)
	if err != nil {
		return nil, err
	}
	body := wire.BoxWatch{Slots: boxSlots(slots), Wait: c.wait, Password: c.requests.Password()}.Append(nil)
	pause := newPause()
	for {
		asked := time.Now()
		messages, err := c.poll(ctx, body, wanted)
		asks, passing := Passing(err)
		switch {
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case err != nil && !passing:
			return nil, err
		case len(messages) > 0:
			return messages, nil
		case err == nil && time.Since(asked) >= c.wait/2:
			pause.Reset()
			continue
		}
		if err := c.rest(ctx, err, max(asks, pause.NextBackOff())); err != nil {
			return nil, err
		}
	}
}

// Look returns the messages that are in some slots now, 1 to MaxSlots of them: at most
// 64, each once.
func (c *Client) Look(ctx context.Context, slots []Slot) ([]Message, error) {
	wanted, err := distinct(slots)
	if err != nil {
		return nil, err
	}
	return c.poll(ctx, wire.BoxWatch{Slots: boxSlots(slots), Password: c.requests.Password()}.Append(nil), wanted)
}

// distinct returns slots as a set.
func distinct(slots []Slot) (map[Slot]bool, error) {
	if len(slots) == 0 || len(slots) > MaxSlots {
		return nil, fmt.Errorf("%d slots cannot be watched, 1 to %d can", len(slots), MaxSlots)
	}
	wanted := make(map[Slot]bool, len(slots))
	for _, s := range slots {
		if wanted[s] {
			return nil, errors.New("a slot cannot be watched twice")
		}
		wanted[s] = true
	}
	return wanted, nil
}

// poll asks once.
func (c *Client) poll(ctx context.Context, body []byte, wanted map[Slot]bool) ([]Message, error) {
	b, err := c.do(ctx, "watch", body, c.wait+c.timeout, 200)
	if err != nil {
		return nil, err
	}
	messages, err := parse(b, wanted)
	if err != nil {
		return nil, c.requests.Nonsense("its answer makes no sense", err)
	}
	return messages, nil
}

var errUnwanted = errors.New("a message of another slot than those asked for")

// parse reads the answer to a request to watch slots.
func parse(b []byte, wanted map[Slot]bool) ([]Message, error) {
	reply, err := wire.ParseBoxMessages(b)
	if err != nil {
		return nil, err
	}
	messages := make([]Message, 0, len(reply.Messages))
	for _, m := range reply.Messages {
		if !wanted[Slot(m.Slot)] {
			return nil, errUnwanted
		}
		messages = append(messages, Message{Slot(m.Slot), m.Message})
	}
	return messages, nil
}

// rest waits before the next attempt.
func (c *Client) rest(ctx context.Context, why error, wait time.Duration) error {
	if c.options.Retrying != nil {
		c.options.Retrying(why, wait)
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// newPause returns what tells how long to wait between attempts.
func newPause() *backoff.ExponentialBackOff {
	b := backoff.NewExponentialBackOff()
	b.InitialInterval, b.MaxInterval = firstRetry, lastRetry
	return b
}
