package descriptors

import (
	"context"
	"errors"
	"syscall"
	"time"
)

// patience is how long Wait waits. Whatever is opened for a moment only is closed
// long before.
const patience = time.Minute

// The times between two attempts of Wait.
const (
	firstPause   = time.Millisecond
	longestPause = 100 * time.Millisecond
)

// Wait calls open until it ends with something else than the error that no
// descriptor is left, for a minute at most. open must be such that calling it again
// does no harm. If ctx ends meanwhile, the error is its cause; open is called once in
// any case, so that what is done after an end still works.
func Wait(ctx context.Context, open func() error) error {
	err := open()
	if !IsShort(err) {
		return err
	}
	begun, pause := time.Now(), time.NewTimer(firstPause)
	defer pause.Stop()
	for next := firstPause; ; {
		select {
		case <-pause.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		if err = open(); !IsShort(err) || time.Since(begun) >= patience {
			return err
		}
		next = min(2*next, longestPause)
		pause.Reset(next)
	}
}

// IsShort reports whether an error says that no descriptor is left.
func IsShort(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE)
}

// Open is Wait for a function that returns what it opened.
func Open[T any](ctx context.Context, open func() (T, error)) (opened T, err error) {
	err = Wait(ctx, func() (err error) {
		opened, err = open()
		return err
	})
	return opened, err
}
