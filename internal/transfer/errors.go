package transfer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// DeclinedError is the error of a Send whose offer the peer declined.
type DeclinedError struct{ Reason string } // in the peer's words; may be empty

func (e *DeclinedError) Error() string {
	if e.Reason == "" {
		return "the peer declined"
	}
	return "the peer declined: " + e.Reason
}

// CancelledError is the error of a transfer that the peer ended.
type CancelledError struct {
	Reason wire.Reason
	Text   string // in the peer's words; may be empty
}

func (e *CancelledError) Error() string {
	if e.Text == "" {
		return "the peer ended the transfer: " + e.Reason.String()
	}
	return "the peer ended the transfer: " + e.Text
}

// ErrRefused is what ReceiveOptions.Decide returns to decline the offer.
var ErrRefused = errors.New("declined")

// ErrVerify is what SendOptions.Confirm and ReceiveOptions.Confirm return if the
// verification words differ.
var ErrVerify = errors.New("the verification words do not match")

// ErrStored is what SendOptions.Confirm returns if the sender does not send any more, but
// stores it at a relay.
var ErrStored = errors.New("it is being stored at a relay instead")

// ErrNoPath is the cause of a context that ends because the peers cannot be
// connected by any lane that both allow.
var ErrNoPath = errors.New("no lane that both sides allow connects them")

// IntegrityError is the error for data that is not what the sender read.
type IntegrityError struct{ What string }

func (e *IntegrityError) Error() string { return "verification failed: " + e.What }

// DiskError is an error of the source or the destination that ends the transfer.
type DiskError struct{ Err error }

func (e *DiskError) Error() string { return e.Err.Error() }
func (e *DiskError) Unwrap() error { return e.Err }

// resumableError is the error of a disk after which the receiver can be
// started again and resume.
type resumableError struct{ error }

func (e *resumableError) Unwrap() error { return e.error }

// protocol returns an error for a message or record that violates the protocol.
func protocol(format string, args ...any) error {
	return fmt.Errorf("%w: %s", wire.ErrMalformed, fmt.Sprintf(format, args...))
}

// farewellTime bounds how long the end of a transfer waits until the peer knows.
const farewellTime = time.Second

// tellPeer tells the peer why the transfer ends early, unless it was the peer that
// ended it.
func tellPeer(ctx context.Context, s Session, err error) {
	var cancelled *CancelledError
	var declined *DeclinedError
	if errors.As(err, &cancelled) || errors.As(err, &declined) {
		return
	}
	gone := errors.Is(ctx.Err(), context.Canceled)
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), farewellTime)
	defer stop()
	var large *TooLargeError
	if errors.As(err, &large) && !large.Begun {
		_ = s.SendOnAllLanes(ctx, wire.Decline{Reason: large.Brief()}.Append(nil))
		return
	}
	if errors.Is(err, ErrRefused) {
		_ = s.SendOnAllLanes(ctx, wire.Decline{}.Append(nil))
		return
	}
	reason := reasonOf(err)
	if gone && reason == wire.ReasonInternal {
		reason = wire.ReasonCancelled // with a cause of the caller's
	}
	_ = s.SendOnAllLanes(ctx, wire.Cancel{Reason: reason, Text: peerText(reason, err)}.Append(nil))
}

func reasonOf(err error) wire.Reason {
	var integrity *IntegrityError
	var disk *DiskError
	var kept *resumableError
	var large *TooLargeError
	switch {
	case errors.Is(err, context.Canceled), errors.As(err, &large):
		return wire.ReasonCancelled
	case errors.Is(err, ErrVerify):
		return wire.ReasonVerify
	case errors.Is(err, ErrStored):
		return wire.ReasonStored
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

// peerText returns what the person at the peer is told. It contains no path of
// this machine.
func peerText(reason wire.Reason, err error) string {
	var known interface{ Brief() string }
	if errors.As(err, &known) {
		return known.Brief()
	}
	switch reason {
	case wire.ReasonCancelled:
		return "it was cancelled there"
	case wire.ReasonVerify:
		return "the verification words were found to differ"
	case wire.ReasonStored:
		return "it is being stored at a relay, for which there is a link"
	case wire.ReasonNoPath:
		return "no lane that both sides allow connects them"
	case wire.ReasonIntegrity:
		return "data failed verification there"
	case wire.ReasonFull:
		return "its disk is full, or cannot be used"
	case wire.ReasonIO:
		return "its disk could not go on"
	case wire.ReasonProtocol:
		return "it did not understand what it was sent"
	}
	return "an internal error"
}
