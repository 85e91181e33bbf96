//go:build !linux

package main

import "errors"

// The scripts that use these are for Linux.

func limited() int { return fail(errors.ErrUnsupported) }

func answers() int { return fail(errors.ErrUnsupported) }
