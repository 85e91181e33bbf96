package main

import "errors"

// The scripts that use these are for Unix.

func detached() int { return fail(errors.ErrUnsupported) }
func screened() int { return fail(errors.ErrUnsupported) }
func unread() int   { return fail(errors.ErrUnsupported) }
