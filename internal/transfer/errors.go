package transfer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// Declined is the error when the other side does not want the offer.
type Declined struct{ Reason string }

func (e *Declined) Error() string {
	if e.Reason == "" {
		return "the other side declined"
	}
	return "the other side declined: " + e.Reason
}

// Cancelled is the error when the other side ended the transfer.
type Cancelled struct {
	Reason wire.Reason
	Text   string
}

func (e *Cancelled) Error() string {
	if e.Text == "" {
		return "the other side ended the transfer: " + e.Reason.String()
	}
	return "the other side ended the transfer: " + e.Text
}

// ErrRefused is returned by a decision that declines the offer.
var ErrRefused = errors.New("declined")

// ErrVerify is returned by a decision when the verification words differ.
var ErrVerify = errors.New("the verification words do not match")

// ErrNoPath is the cause with which a context ends where no lane that both sides
// allow can be made.
var ErrNoPath = errors.New("no lane that both sides allow connects them")

// IntegrityError is data that is not what the sender read.
type IntegrityError struct{ What string }

func (e *IntegrityError) Error() string { return "verification failed: " + e.What }

// DiskError is a source or destination that cannot go on.
type DiskError struct{ Err error }

func (e *DiskError) Error() string { return e.Err.Error() }
func (e *DiskError) Unwrap() error { return e.Err }

// keptError is a disk without room, after which the receiver can be started again
// and go on.
type keptError struct{ error }

func (e *keptError) Unwrap() error { return e.error }

func protocol(format string, args ...any) error {
	return fmt.Errorf("%w: %s", wire.ErrMalformed, fmt.Sprintf(format, args...))
}

// farewellTime bounds how long an end waits for the other side to hear of it.
const farewellTime = time.Second

// tellPeer tells the other side why this side ends early, unless it was the
// other side that ended it.
func tellPeer(ctx context.Context, s Session, err error) {
	var cancelled *Cancelled
	var declined *Declined
	if errors.As(err, &cancelled) || errors.As(err, &declined) {
		return
	}
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), farewellTime)
	defer stop()
	if errors.Is(err, ErrRefused) {
		_ = s.Broadcast(ctx, wire.Decline{}.Append(nil))
		return
	}
	_ = s.Broadcast(ctx, wire.Cancel{Reason: reasonOf(err), Text: textOf(err)}.Append(nil))
}

func reasonOf(err error) wire.Reason {
	var integrity *IntegrityError
	var disk *DiskError
	var kept *keptError
	switch {
	case errors.Is(err, context.Canceled):
		return wire.ReasonCancelled
	case errors.Is(err, ErrVerify):
		return wire.ReasonVerify
	case errors.Is(err, ErrNoPath):
		return wire.ReasonNoPath
	case errors.As(err, &integrity):
		return wire.ReasonIntegrity
	case errors.As(err, &kept):
		return wire.ReasonFull
	case errors.As(err, &disk):
		return wire.ReasonIO
	case errors.Is(err, wire.ErrMalformed):
		return wire.ReasonProtocol
	}
	return wire.ReasonInternal
}

// textOf is what the other side's person is told: nothing about this machine's
// paths.
func textOf(err error) string {
	var known interface{ Brief() string }
	if errors.As(err, &known) {
		return known.Brief()
	}
	switch reasonOf(err) {
	case wire.ReasonCancelled:
		return "it was cancelled there"
	case wire.ReasonVerify:
		return "the verification words were found to differ"
	case wire.ReasonNoPath:
		return "no lane that both sides allow connects them"
	case wire.ReasonIntegrity:
		return "data failed verification there"
	case wire.ReasonFull:
		return "its disk is full"
	case wire.ReasonIO:
		return "its disk could not go on"
	case wire.ReasonProtocol:
		return "it did not understand what it was sent"
	}
	return "an internal error"
}
