package main

import (
	"errors"
	"os"
)

// The scripts that use these are for Unix.

func detached() int                      { return fail(errors.ErrUnsupported) }
func screened() int                      { return fail(errors.ErrUnsupported) }
func shown() int                         { return fail(errors.ErrUnsupported) }
func pauseSignals() map[string]os.Signal { return nil }

func unread() int { return fail(errors.ErrUnsupported) }

func umask() int { return fail(errors.ErrUnsupported) }
