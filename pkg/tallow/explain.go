package tallow

import (
	"context"
	"errors"

	"github.com/tallow-transfer/tallow/internal/handshake"
	"github.com/tallow-transfer/tallow/internal/link"
	"github.com/tallow-transfer/tallow/internal/transfer"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// explain returns the *Error for the error that ended a transfer.
func explain(ctx context.Context, err error) *Error {
	var known *Error
	if errors.As(err, &known) {
		return known
	}
	if errors.Is(ctx.Err(), context.Canceled) && (errors.Is(err, context.Canceled) || errors.Is(err, context.Cause(ctx))) {
		return &Error{Kind: KindInterrupted, Reason: ReasonInterrupted, Err: err}
	}
	// Files come before the network: an error of files may wrap one that looks like
	// the network's.
	for _, f := range []func(error) *Error{explainPeer, explainHandshake, explainMeeting, explainFiles, explainStored, explainBox, explainRelay, explainLocal} {
		if e := f(err); e != nil {
			e.Err = err
			return e
		}
	}
	return &Error{Kind: KindInternal, Reason: ReasonInternal, Detail: err.Error(), Err: err}
}

// explainPeer handles transfers that the peer ended.
func explainPeer(err error) *Error {
	var declined *transfer.DeclinedError
	if errors.As(err, &declined) {
		return &Error{Kind: KindDeclined, Reason: ReasonPeerDeclined, Detail: declined.Reason}
	}
	var ended *transfer.CancelledError
	if !errors.As(err, &ended) {
		return nil
	}
	e := &Error{Kind: KindDeclined, Reason: ReasonPeerCancelled, Detail: ended.Text}
	if e.Detail == "" {
		e.Detail = ended.Reason.String()
	}
	switch ended.Reason {
	case wire.ReasonIO, wire.ReasonFull:
		e.Reason = ReasonPeerDisk
	case wire.ReasonIntegrity:
		e.Kind, e.Reason = KindIntegrity, ReasonPeerIntegrity
	case wire.ReasonNoPath:
		e.Kind, e.Reason = KindNetwork, ReasonNoPath
	case wire.ReasonStored:
		e.Kind, e.Reason = KindNetwork, ReasonPeerStored
	case wire.ReasonVerify:
		e.Kind, e.Reason = KindCode, ReasonVerifyDiffersAtPeer
	case wire.ReasonProtocol, wire.ReasonInternal:
		e.Kind, e.Reason = KindInternal, ReasonPeerProtocol
	}
	return e
}

// explainHandshake handles failed handshakes, such as with a wrong code.
func explainHandshake(err error) *Error {
	var version *handshake.VersionError
	var abort *handshake.AbortError
	var broken *link.HandshakeError
	switch {
	case errors.Is(err, handshake.ErrWrongCode):
		return &Error{Kind: KindCode, Reason: ReasonCodeWrong}
	case errors.Is(err, handshake.ErrBurnt):
		return &Error{Kind: KindCode, Reason: ReasonCodeUsed}
	case errors.As(err, &version), errors.Is(err, handshake.ErrVersion):
		return &Error{Kind: KindNetwork, Reason: ReasonVersions}
	case errors.Is(err, handshake.ErrPoint), errors.Is(err, handshake.ErrReflected), errors.Is(err, handshake.ErrOpening):
		return &Error{Kind: KindCode, Reason: ReasonHandshakeTampered}
	case errors.As(err, &broken):
		return &Error{Kind: KindCode, Reason: failures()[broken.Failure]}
	case errors.As(err, &abort):
		return &Error{Kind: KindCode, Reason: ReasonHandshakeAborted}
	case errors.Is(err, transfer.ErrVerify):
		return &Error{Kind: KindCode, Reason: ReasonVerifyDiffers}
	}
	return nil
}

// failures returns the reasons for handshakes that were interrupted after they had
// burnt the code.
func failures() map[link.HandshakeFailure]Reason {
	return map[link.HandshakeFailure]Reason{
		link.FailurePeerLeft:  ReasonHandshakePeerLeft,
		link.FailureRelayLost: ReasonHandshakeRelayLost,
		link.FailureTimeout:   ReasonHandshakeTimeout,
		link.FailureMalformed: ReasonHandshakeMalformed,
	}
}

// explainLocal handles refusals by this side: the person declined, or the peer's
// data is invalid.
func explainLocal(err error) *Error {
	var integrity *transfer.IntegrityError
	var large *transfer.TooLargeError
	switch {
	case errors.As(err, &large):
		e := &Error{Kind: KindDeclined, Reason: ReasonTooLarge, Bytes: large.Limit}
		if large.Begun {
			e.Reason = ReasonTooLargeUnderway
		}
		return e
	case errors.Is(err, transfer.ErrRefused):
		return &Error{Kind: KindDeclined, Reason: ReasonDeclined}
	case errors.As(err, &integrity):
		return &Error{Kind: KindIntegrity, Reason: ReasonIntegrity, Detail: integrity.What}
	case errors.Is(err, wire.ErrMalformed):
		return &Error{Kind: KindInternal, Reason: ReasonProtocol, Detail: err.Error()}
	}
	return nil
}

// incomplete returns the error of a transfer that completed with entries skipped;
// nil if there are none.
func incomplete(r Result) *Error {
	switch {
	case r.Corrupt > 0:
		return &Error{Kind: KindIntegrity, Reason: ReasonCorrupt, Count: r.Corrupt, Files: r.Files}
	case r.Skipped > 0:
		return &Error{Kind: KindPartial, Reason: ReasonSkipped, Count: r.Skipped, Files: r.Files}
	}
	return nil
}
