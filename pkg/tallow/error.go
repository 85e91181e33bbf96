package tallow

import (
	"context"
	"errors"
	"fmt"

	"github.com/tallow-transfer/tallow/internal/handshake"
	"github.com/tallow-transfer/tallow/internal/lan"
	"github.com/tallow-transfer/tallow/internal/link"
	"github.com/tallow-transfer/tallow/internal/rendezvous"
	"github.com/tallow-transfer/tallow/internal/session"
	"github.com/tallow-transfer/tallow/internal/transfer"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// ErrorKind says what sort of thing went wrong.
type ErrorKind string

// The kinds of errors.
const (
	KindInternal    ErrorKind = "internal"    // a fault of tallow
	KindUsage       ErrorKind = "usage"       // arguments that make no sense
	KindCode        ErrorKind = "code"        // a wrong, used or unknown code; verification refused
	KindDeclined    ErrorKind = "declined"    // somebody declined or cancelled
	KindNetwork     ErrorKind = "network"     // relay unreachable, peer never came, connection lost
	KindPartial     ErrorKind = "partial"     // some files were skipped or failed, the rest is in place
	KindIO          ErrorKind = "io"          // this machine's disk, permissions or memory
	KindIntegrity   ErrorKind = "integrity"   // data failed verification
	KindInterrupted ErrorKind = "interrupted" // the context was cancelled
)

// Error is every error of this package.
type Error struct {
	Kind    ErrorKind
	Message string // what happened, for people
	Hint    string // what to do next; may be empty
	Err     error  // what caused it; may be nil
}

func (e *Error) Error() string { return e.Message }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

func usage(message, hint string) *Error {
	return &Error{Kind: KindUsage, Message: message, Hint: hint}
}

func negativeLimit() *Error {
	return usage("a limit of the rate cannot be negative", "Give bytes a second, or 0 for no limit.")
}

const (
	hintNoPath  = "Allow the relayed lane on both sides: leave out --lanes, or add relay to it."
	hintNewCode = "A code works once: send again and use the new code."
	hintResume  = "Run tallow again on both sides with a new code: what has arrived is kept, and only the rest is sent."
)

// explain makes an *Error of whatever ended a transfer.
func explain(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	var known *Error
	if errors.As(err, &known) {
		return known
	}
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return &Error{Kind: KindInterrupted, Message: "interrupted", Hint: hintResume, Err: err}
	}
	// The disk comes before the relay, which is whatever else has a hint.
	for _, f := range []func(error) *Error{explainPeer, explainHandshake, explainMeeting, explainDisk, explainRelay, explainLocal} {
		if e := f(err); e != nil {
			e.Err = err
			return e
		}
	}
	return &Error{Kind: KindInternal, Message: err.Error(), Hint: "This should not happen. Please report it.", Err: err}
}

// explainPeer: the other side ended it.
func explainPeer(err error) *Error {
	var declined *transfer.DeclinedError
	if errors.As(err, &declined) {
		return &Error{Kind: KindDeclined, Message: declined.Error()}
	}
	var cancelled *transfer.CancelledError
	if !errors.As(err, &cancelled) {
		return nil
	}
	e := &Error{Kind: KindDeclined, Message: cancelled.Error()}
	switch cancelled.Reason {
	case wire.ReasonCancelled, wire.ReasonIO, wire.ReasonFull:
		e.Hint = hintResume
	case wire.ReasonIntegrity:
		e.Kind = KindIntegrity
	case wire.ReasonNoPath:
		e.Kind, e.Message, e.Hint = KindNetwork, transfer.ErrNoPath.Error(), hintNoPath
	case wire.ReasonVerify:
		e.Kind, e.Hint = KindCode, "If the words really differed, somebody may be between you: use another relay."
	case wire.ReasonProtocol, wire.ReasonInternal:
		e.Kind, e.Hint = KindInternal, "Check that both sides run the same version: tallow version."
	}
	return e
}

// explainHandshake: the two sides do not have the same code or version.
func explainHandshake(err error) *Error {
	var version *handshake.VersionError
	switch {
	case errors.Is(err, handshake.ErrWrongCode):
		return &Error{Kind: KindCode, Message: "the code was not the same on both sides; it is used up", Hint: hintNewCode}
	case errors.Is(err, handshake.ErrBurnt):
		return &Error{Kind: KindCode, Message: "the code was tried already and is used up", Hint: hintNewCode}
	case errors.As(err, &version), errors.Is(err, handshake.ErrVersion):
		return &Error{Kind: KindNetwork, Message: "the two sides run versions of tallow that do not understand each other", Hint: "Update the older one: tallow version shows which."}
	case errors.Is(err, handshake.ErrPoint), errors.Is(err, handshake.ErrReflected), errors.Is(err, handshake.ErrOpening):
		return &Error{Kind: KindCode, Message: "somebody interfered with the handshake; the code is used up", Hint: hintNewCode}
	case errors.Is(err, transfer.ErrVerify):
		return &Error{Kind: KindCode, Message: "the verification words do not match", Hint: "Somebody may be between you: send again, by another relay."}
	}
	var broken *link.HandshakeError
	if errors.As(err, &broken) {
		return explainBroken(broken)
	}
	var abort *handshake.AbortError
	if errors.As(err, &abort) {
		return &Error{Kind: KindCode, Message: "the other side ended the handshake; the code is used up", Hint: hintNewCode}
	}
	return nil
}

// explainBroken: the handshake was broken off after the code was at stake.
func explainBroken(err *link.HandshakeError) *Error {
	e := &Error{Kind: KindCode, Hint: hintNewCode}
	switch {
	case err.Failure == link.FailurePeerLeft && err.Role == link.Sender:
		e.Message = "somebody tried the code and left before proving that they know it; the code is used up"
		e.Hint = "Send again and give the new code to the receiver."
	case err.Failure == link.FailurePeerLeft:
		e.Message = "the sender left in the middle of the handshake; the code is used up"
	case err.Failure == link.FailureRelayLost:
		e.Message = "the connection to the relay broke in the middle of the handshake; the code is used up"
	case err.Failure == link.FailureTimeout:
		e.Message = "the peer did not finish the handshake in time; the code is used up"
	default:
		e.Message = "the handshake was disturbed; the code is used up"
		e.Hint += " If it happens again, use another relay."
	}
	return e
}

// explainMeeting: no relay, or nobody was found there.
func explainMeeting(err error) *Error {
	var name *link.RelayNameError
	var listen *lan.ListenError
	var found *lan.NotFoundError
	switch {
	case errors.As(err, &name):
		return usage(name.Err.Error(), "The code's relay is what follows the @.")
	case errors.Is(err, link.ErrTriedBefore):
		return &Error{Kind: KindCode, Message: "this code was tried here before and did not work, so it is not tried again", Hint: hintNewCode}
	case errors.Is(err, link.ErrNoRelay):
		return usage("there is no relay to meet at", "Name one with --relay HOST.")
	case errors.As(err, &listen):
		return &Error{Kind: KindNetwork, Message: listen.Error(), Hint: "Use a relay: --relay HOST."}
	case errors.As(err, &found) && found.Ambiguous:
		return &Error{Kind: KindCode, Message: fmt.Sprintf("two senders on this network use the number %s", found.Nameplate), Hint: "Ask the sender to send again."}
	case errors.As(err, &found):
		return &Error{
			Kind: KindNetwork, Message: fmt.Sprintf("no sender with the number %s was found on this network", found.Nameplate),
			Hint: "Check the code and that the sender is waiting. If it is on another network, both sides need a relay: --relay HOST.",
		}
	}
	return nil
}

// explainRelay: the network between.
func explainRelay(err error) *Error {
	if errors.Is(err, session.ErrLost) {
		return &Error{Kind: KindNetwork, Message: "the connection to the other side is lost", Hint: hintResume}
	}
	if errors.Is(err, transfer.ErrNoPath) {
		return &Error{Kind: KindNetwork, Message: transfer.ErrNoPath.Error(), Hint: hintNoPath}
	}
	var refused *rendezvous.RelayError
	if errors.As(err, &refused) {
		e := &Error{Kind: KindNetwork, Message: refused.Error(), Hint: refused.Hint()}
		switch refused.Code {
		case wire.RoomUnknown, wire.RoomUsed, wire.RoomTaken, wire.RoomTicket:
			e.Kind = KindCode
		case wire.RoomFull:
			if !refused.Opening { // else it is the relay that is full
				e.Kind = KindCode
			}
		}
		return e
	}
	var hinted interface {
		error
		Hint() string
	}
	switch {
	case errors.As(err, &hinted):
		return &Error{Kind: KindNetwork, Message: hinted.Error(), Hint: hinted.Hint()}
	case errors.Is(err, context.DeadlineExceeded):
		return &Error{Kind: KindNetwork, Message: "the other side did not answer in time", Hint: "Check that it is running and try again."}
	}
	return nil
}

// explainDisk: what is read or written here.
func explainDisk(err error) *Error {
	var disk *transfer.DiskError
	if !errors.As(err, &disk) {
		return nil
	}
	e := &Error{Kind: KindIO, Message: disk.Error(), Hint: hintResume}
	var hinted interface{ Hint() string }
	if errors.As(err, &hinted) {
		e.Hint = hinted.Hint()
	}
	return e
}

// explainLocal: this side's person, or data that cannot be trusted.
func explainLocal(err error) *Error {
	var integrity *transfer.IntegrityError
	switch {
	case errors.Is(err, transfer.ErrRefused):
		return &Error{Kind: KindDeclined, Message: "declined; nothing was written"}
	case errors.As(err, &integrity):
		return &Error{Kind: KindIntegrity, Message: integrity.Error(), Hint: "Send again."}
	case errors.Is(err, wire.ErrMalformed):
		return &Error{Kind: KindInternal, Message: fmt.Sprintf("the other side sent what makes no sense (%v)", err), Hint: "Check that both sides run the same version: tallow version."}
	}
	return nil
}

// incomplete is the error of a transfer that ended with something left out.
func incomplete(r Result) error {
	switch {
	case r.Corrupt > 0:
		return &Error{Kind: KindIntegrity, Message: fmt.Sprintf("%s failed verification and did not get a name", count(r.Corrupt, "file")), Hint: hintResume}
	case r.Skipped > 0:
		return &Error{Kind: KindPartial, Message: fmt.Sprintf("%s skipped; the rest is in place", count(r.Skipped, "entry was", "entries were"))}
	}
	return nil
}

func count(n int64, one string, many ...string) string {
	if n == 1 {
		return "1 " + one
	}
	if len(many) > 0 {
		return fmt.Sprintf("%d %s", n, many[0])
	}
	return fmt.Sprintf("%d %ss", n, one)
}
