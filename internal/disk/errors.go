package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// Problem is one entry that could not be handled while the rest goes on: one
// that cannot be sent, or a symlink or folder that could not be finished.
type Problem struct {
	Path   string // as it was listed; valid UTF-8 but otherwise as it came
	Reason string // for people
	Err    error  // the cause, if there is one
}

func (p *Problem) Error() string { return p.Path + ": " + p.Reason }
func (p *Problem) Unwrap() error { return p.Err }

// SkipError is a destination's refusal of one entry; the others go on.
type SkipError struct {
	Path   string // as the peer gave it
	Reason string // for the peer: at most wire.MaxSkipReason bytes, without anything of this machine
	Detail string // for the person here: what happened and what to do
	Err    error  // the cause, if there is one
}

func (e *SkipError) Error() string { return e.Path + ": " + e.Detail }

// Why is Detail.
func (e *SkipError) Why() string { return e.Detail }

// Brief is Reason.
func (e *SkipError) Brief() string { return e.Reason }

func (e *SkipError) Unwrap() error { return e.Err }

// ExistsError ends a transfer under PolicyFail: the name is taken.
type ExistsError struct {
	Path string // relative to the destination
}

func (e *ExistsError) Error() string {
	return e.Path + " is there already and was not touched"
}

// Hint says what to do next.
func (e *ExistsError) Hint() string {
	return "Choose with --on-conflict rename, overwrite or skip, or receive into another folder with --output."
}

// Brief is for the peer: nothing of this machine.
func (e *ExistsError) Brief() string { return "a file of that name is there already" }

// PartialError is what Finish returns when all files are in place but some
// symlinks or attributes of folders are not.
type PartialError struct {
	Problems []*Problem // the first of them, at most 100
	Count    int        // of all of them
}

func (e *PartialError) Error() string {
	return fmt.Sprintf("%d symlinks or folders could not be finished, the first is %v", e.Count, e.Problems[0])
}

const maxProblems = 100

func (e *PartialError) add(p *Problem) {
	if len(e.Problems) < maxProblems {
		e.Problems = append(e.Problems, p)
	}
	e.Count++
}

func (e *PartialError) orNil() error {
	if e.Count == 0 {
		return nil
	}
	return e
}

// cause is the innermost text of a file system error, without the operation
// and path that package os puts before it.
func cause(err error) string {
	var errno syscall.Errno
	var pathErr *fs.PathError
	var linkErr *os.LinkError
	switch {
	case errors.As(err, &errno):
		return errno.Error()
	case errors.As(err, &pathErr):
		return pathErr.Err.Error()
	case errors.As(err, &linkErr):
		return linkErr.Err.Error()
	}
	return err.Error()
}

// causeError has the short text of an error and is that error still.
type causeError struct{ err error }

func (e causeError) Error() string { return cause(e.err) }
func (e causeError) Unwrap() error { return e.err }

func asCause(err error) error { return causeError{err} }
