package tallow

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// slowSource takes a while to be gone through, and has a fault.
type slowSource struct {
	openSource
	takes time.Duration
}

var errFault = errors.New("a fault")

func (s slowSource) Check(context.Context) error {
	time.Sleep(s.takes)
	return errFault
}

// The user hears of it when the names of a source take long.
func TestSlowListingIsTold(t *testing.T) {
	for takes, want := range map[time.Duration][]Event{
		time.Second / 2: nil,
		time.Minute:     {WaitEvent{Reason: WaitListing}},
	} {
		synctest.Test(t, func(t *testing.T) {
			var told []Event
			run := newRun(true, func(e Event) { told = append(told, e) }, nil)
			if err := run.check(t.Context(), slowSource{takes: takes}); !errors.Is(err, errFault) {
				t.Errorf("%v", err)
			}
			time.Sleep(time.Hour)
			if !slices.Equal(told, want) {
				t.Errorf("%v: %v, want %v", takes, told, want)
			}
		})
	}
}
