package devices

import (
	"errors"
	"fmt"
)

// The errors of a store, beside those of sealeddb.
var (
	// ErrNoDevice means that no device has that name.
	ErrNoDevice = errors.New("there is no such device")
	// ErrNoGroup means that no group has that name.
	ErrNoGroup = errors.New("there is no such group")
	// ErrEmptyGroup means that a group has no devices.
	ErrEmptyGroup = errors.New("the group has no devices")
	// ErrNotInGroup means that a device is not in a group.
	ErrNotInGroup = errors.New("the device is not in the group")
	// ErrName means that a name is taken, or is none: it has 1 to 40 letters, digits,
	// dashes, dots and underscores, and begins with a letter or a digit.
	ErrName = errors.New("a device cannot have that name")
	// ErrTaken means that another device has that name.
	ErrTaken = errors.New("another device has that name")
	// ErrCopied means that another copy of this machine's state is in use, or that this one
	// is from a backup.
	ErrCopied = errors.New("another copy of the state is in use")
	// ErrNote means that a note cannot be understood.
	ErrNote = errors.New("the note is malformed")
	// ErrInvitation means that what a device sent to be paired is malformed.
	ErrInvitation = errors.New("the invitation is malformed")
	// ErrMoved means that a device was exported to another machine, and is not used by this one.
	ErrMoved = errors.New("the device has moved to another machine")
	// ErrExport means that what is to be imported is malformed.
	ErrExport = errors.New("the exported devices are malformed")
	// ErrNewerExport means that a newer version of this program has exported it.
	ErrNewerExport = errors.New("a newer version of tallow has exported these devices")
	// ErrNotOurs means that no device has a slot, or its message is not of that device.
	ErrNotOurs = errors.New("the message is of none of the devices")
)

func malformedExport(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrExport, fmt.Errorf(format, args...))
}

// NameError is an error of one of several names.
type NameError struct {
	Name string // of a device, or of a group without its mark
	Err  error
}

func (e *NameError) Error() string { return e.Name + ": " + e.Err.Error() }
func (e *NameError) Unwrap() error { return e.Err }
