package descriptors

import (
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
// does no harm.
func Wait(open func() error) error {
	begun, pause := time.Now(), firstPause
	for {
		err := open()
		if !IsShort(err) || time.Since(begun) >= patience {
			return err
		}
		time.Sleep(pause)
		pause = min(2*pause, longestPause)
	}
}

// IsShort reports whether an error says that no descriptor is left.
func IsShort(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE)
}

// Open is Wait for a function that returns what it opened.
func Open[T any](open func() (T, error)) (opened T, err error) {
	err = Wait(func() (err error) {
		opened, err = open()
		return err
	})
	return opened, err
}
