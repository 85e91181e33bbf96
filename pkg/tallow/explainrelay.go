package tallow

import (
	"context"
	"errors"
	"fmt"

	"github.com/tallow-transfer/tallow/internal/link"
	"github.com/tallow-transfer/tallow/internal/rendezvous"
	"github.com/tallow-transfer/tallow/internal/session"
	"github.com/tallow-transfer/tallow/internal/transfer"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// explainMeeting handles errors from before the peers meet in a room: there is no
// relay, or no sender was found.
func explainMeeting(err error) *Error {
	var name *link.RelayNameError
	var listen *link.ListenError
	var found *link.NotFoundError
	var unreachable *link.SenderUnreachableError
	var words *link.WordCountError
	switch {
	case errors.As(err, &name):
		return &Error{Kind: KindUsage, Reason: ReasonRelayName, Relay: name.Name, Detail: name.Err.Error()}
	case errors.Is(err, link.ErrTriedBefore):
		return &Error{Kind: KindCode, Reason: ReasonCodeTried}
	case errors.Is(err, link.ErrNoRelay):
		return usage(ReasonNoRelay)
	case errors.As(err, &listen):
		return &Error{Kind: KindNetwork, Reason: ReasonListen, Detail: listen.Err.Error()}
	case errors.As(err, &found) && found.Ambiguous:
		return &Error{Kind: KindCode, Reason: ReasonTwoSenders, Nameplate: found.Nameplate}
	case errors.As(err, &found):
		return &Error{Kind: KindNetwork, Reason: ReasonSenderNotFound, Nameplate: found.Nameplate}
	case errors.As(err, &unreachable):
		return &Error{Kind: KindNetwork, Reason: ReasonSenderSilent, Nameplate: unreachable.Nameplate, Detail: rendezvous.Cause(unreachable.Err)}
	case errors.As(err, &words):
		return &Error{Kind: KindCode, Reason: ReasonCodeWordCount, Count: int64(words.Want)}
	}
	return nil
}

// explainRelay handles errors of the relay and of the connection to the peer.
func explainRelay(err error) *Error {
	var refused *rendezvous.RelayError
	var unreachable *rendezvous.UnreachableError
	var between *rendezvous.BetweenError
	var pin *rendezvous.PinError
	var tls *rendezvous.TLSError
	var protocol *rendezvous.ProtocolError
	var lost *rendezvous.LostError
	e := &Error{Kind: KindNetwork}
	switch {
	case errors.Is(err, session.ErrLost):
		e.Reason = ReasonConnectionLost
	case errors.Is(err, transfer.ErrNoPath):
		e.Reason = ReasonNoPath
	case errors.As(err, &refused):
		e.Kind, e.Reason = explainRefusal(refused)
		e.Relay, e.Detail, e.RetryAfter = refused.Relay, refused.Message, refused.RetryAfter
	case errors.As(err, &unreachable):
		e.Reason, e.Relay, e.Detail = ReasonRelayUnreachable, unreachable.Relay, rendezvous.Cause(unreachable.Err)
		switch {
		case unreachable.Offline:
			e.Reason = ReasonNoNetwork
		case unreachable.Proxy != "":
			e.Reason, e.Proxy = ReasonProxy, unreachable.Proxy
		case unreachable.UnknownHost():
			e.Reason = ReasonRelayUnknownHost
		}
	case errors.As(err, &between):
		e.Reason, e.Relay, e.Detail = ReasonRelayGateway, between.Relay, fmt.Sprintf("HTTP status %d", between.Status)
		if between.Upgrade {
			e.Reason = ReasonRelayUpgrade
		}
	case errors.As(err, &pin):
		e.Reason, e.Relay, e.Detail = ReasonRelayPin, pin.Relay, pin.Seen
		if pin.Seen == "" {
			e.Reason = ReasonRelayPinNoTLS
		}
	case errors.As(err, &tls):
		e.Reason, e.Relay, e.Detail = ReasonRelayTLS, tls.Relay, rendezvous.Cause(tls.Err)
		if tls.Plain() {
			e.Reason = ReasonRelayNoTLS
		}
	case errors.As(err, &protocol):
		e.Reason, e.Relay, e.Detail = ReasonRelayProtocol, protocol.Relay, protocol.Reason
	case errors.As(err, &lost):
		e.Reason, e.Relay, e.Detail = ReasonRelayLost, lost.Relay, rendezvous.Cause(lost.Err)
	case errors.Is(err, context.DeadlineExceeded):
		e.Reason = ReasonPeerSilent
	default:
		return nil
	}
	return e
}

// explainRefusal returns what a refusal by the relay means for this side.
func explainRefusal(e *rendezvous.RelayError) (ErrorKind, Reason) {
	switch {
	case e.Resuming && e.Code == wire.RoomExpired:
		return KindNetwork, ReasonPeerNotBack
	case e.Sending && e.Code == wire.RoomUnknown, e.Code == wire.RoomTicket:
		return KindCode, ReasonCodeLost
	case e.Code == wire.RoomFull && !e.Opening && !e.Resuming:
		return KindCode, ReasonCodeBusy
	}
	switch e.Code {
	case wire.RoomUnknown, wire.RoomWithdrawn:
		return KindCode, ReasonCodeUnknown
	case wire.RoomUsed:
		return KindCode, ReasonCodeUsed
	case wire.RoomTaken:
		return KindCode, ReasonCodeTaken
	case wire.RoomFull:
		return KindNetwork, ReasonRelayFull
	case wire.RoomRate:
		return KindNetwork, ReasonRelayRate
	case wire.RoomQuota:
		return KindNetwork, ReasonRelayQuota
	case wire.RoomExhausted:
		return KindNetwork, ReasonRelayExhausted
	case wire.RoomBusy:
		return KindNetwork, ReasonRelayFull
	case wire.RoomUnavailable:
		return KindNetwork, ReasonRelayUnavailable
	case wire.RoomPassword:
		return KindUsage, ReasonRelayPassword
	case wire.RoomDenied:
		return KindNetwork, ReasonRelayDenied
	case wire.RoomExpired:
		return KindNetwork, ReasonCodeExpired
	case wire.RoomClosing:
		return KindNetwork, ReasonRelayClosing
	case wire.RoomReplaced:
		return KindNetwork, ReasonRelayReplaced
	case wire.RoomIdle:
		return KindNetwork, ReasonRelayIdle
	}
	return KindNetwork, ReasonRelayRefused
}
