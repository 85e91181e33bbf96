package nearby

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestAsksUntilAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		var asked []time.Duration
		responses := make(chan response)
		one := response{answer{"a", 1}, netip.MustParseAddr("10.0.0.1")}
		two := response{answer{"a", 1}, netip.MustParseAddr("10.0.0.2")}
		go func() {
			time.Sleep(9 * time.Second)
			responses <- one
			time.Sleep(gatherTime / 2)
			responses <- two
			responses <- one // again
		}()
		found, err := collect(t.Context(), responses, func() { asked = append(asked, time.Since(begin)) }, nil)
		if err != nil || !slices.Equal(found, []response{one, two}) {
			t.Errorf("found %v, %v", found, err)
		}
		if took := time.Since(begin); took != 9*time.Second+gatherTime {
			t.Errorf("took %v", took)
		}
		want := []time.Duration{
			0, 250 * time.Millisecond, 750 * time.Millisecond, 1750 * time.Millisecond, 3750 * time.Millisecond, 7750 * time.Millisecond,
		}
		if !slices.Equal(asked, want) {
			t.Errorf("asked at %v, want %v", asked, want)
		}
	})
}

func TestNotFoundInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		asked := 0
		found, err := collect(ctx, nil, func() { asked++ }, nil)
		if err != ErrNotFound || found != nil || asked != 9 {
			t.Errorf("%v, %v after %d questions", found, err, asked)
		}
		// What was found before the deadline is returned.
		ctx, cancel = context.WithTimeout(t.Context(), gatherTime/2)
		defer cancel()
		responses := make(chan response, 1)
		responses <- response{}
		if found, err := collect(ctx, responses, func() {}, nil); len(found) != 1 || err != nil {
			t.Errorf("%v, %v", found, err)
		}
		why := errors.New("enough")
		cancelled, end := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Minute, func() { end(why) })
		if _, err := collect(cancelled, nil, func() {}, nil); err != why {
			t.Error(err)
		}
	})
}

func TestFoundIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		responses := make(chan response)
		go func() {
			for i := range 1000 {
				responses <- response{answer{"a", uint16(1 + i)}, netip.IPv6Loopback()}
			}
		}()
		if found, err := collect(t.Context(), responses, func() {}, nil); len(found) != maxFound || err != nil {
			t.Errorf("%d found, %v", len(found), err)
		}
	})
}
