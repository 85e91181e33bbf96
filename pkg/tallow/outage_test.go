package tallow

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tallow-transfer/tallow/internal/rendezvous"
	"github.com/tallow-transfer/tallow/internal/storeclient"
)

// newOutage returns an outage, in a transfer that has begun, and what is told of it.
func newOutage(patience time.Duration) (*outage, *[]Event) {
	var seen []Event
	t := newRun(false, func(e Event) { seen = append(seen, e) }, nil)
	t.begin()
	t.beginAlone()
	seen = nil
	return &outage{run: t, patience: patience}, &seen
}

func away() error {
	return &rendezvous.UnreachableError{Relay: "relay.example", Err: errors.New("away")}
}

// What cannot be reached is tried again, ever less often, and told once; then it is over.
func TestOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, seen := newOutage(10 * time.Minute)
		began, calls := time.Now(), 0
		back := began.Add(3 * time.Minute)
		err := o.try(t.Context(), passing, func() error {
			calls++
			if time.Now().Before(back) {
				return away()
			}
			return nil
		})
		if late := time.Since(back); err != nil || late < 0 || late > outageLongest*5/4 {
			t.Errorf("it was over %v after the relay was back, %v", late, err)
		}
		if calls < 15 || calls > 40 {
			t.Errorf("%d calls in 3 minutes", calls)
		}
		var states []State
		attempts := 0
		for _, e := range *seen {
			switch e := e.(type) {
			case StateEvent:
				states = append(states, e.State)
			case StallEvent:
				if attempts++; e.Reason != StallStoreAway || e.Attempt != attempts {
					t.Errorf("told: %+v", e)
				}
			}
		}
		if !slices.Equal(states, []State{StateConnecting, StateTransferring}) || attempts != calls-1 {
			t.Errorf("states %v, %d attempts of %d calls", states, attempts, calls)
		}
	})
}

// Patience ends; with what the relay asks for it may end at once.
func TestOutageEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, _ := newOutage(time.Minute)
		began := time.Now()
		want := away()
		if err := o.try(t.Context(), passing, func() error { return want }); !errors.Is(err, want) {
			t.Errorf("the error is %v", err)
		}
		if took := time.Since(began); took > time.Minute || took < 40*time.Second {
			t.Errorf("it took %v", took)
		}
		for _, tt := range []struct {
			err  error
			took time.Duration
		}{
			{&storeclient.Error{Word: storeclient.Rate, RetryAfter: time.Hour}, 0},
			{&storeclient.Error{Word: storeclient.Unknown}, 0},
			{errors.New("something else"), 0},
		} {
			o, seen := newOutage(time.Minute)
			began := time.Now()
			if err := o.wait(t.Context(), tt.err); !errors.Is(err, tt.err) || time.Since(began) != tt.took {
				t.Errorf("%v: %v after %v, %v", tt.err, err, time.Since(began), *seen)
			}
		}
		o, _ = newOutage(time.Minute)
		began = time.Now()
		if err := o.wait(t.Context(), &storeclient.Error{Word: storeclient.Rate, RetryAfter: 20 * time.Second}); err != nil || time.Since(began) < 20*time.Second {
			t.Errorf("asked to wait 20 s, it took %v, %v", time.Since(began), err)
		}
	})
}

func TestOutageCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, _ := newOutage(time.Hour)
		ctx, cancel := context.WithCancelCause(t.Context())
		cause := errors.New("stopped")
		time.AfterFunc(time.Second, func() { cancel(cause) })
		if err := o.try(ctx, passing, away); !errors.Is(err, cause) {
			t.Errorf("the error is %v", err)
		}
	})
}
