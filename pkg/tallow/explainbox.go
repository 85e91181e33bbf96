package tallow

import (
	"errors"

	"github.com/tallow-transfer/tallow/internal/boxclient"
)

// explainBox handles refusals of a mailbox.
func explainBox(err error) *Error {
	var none *boxclient.NoBoxError
	if errors.As(err, &none) {
		return &Error{Kind: KindNetwork, Reason: ReasonBoxNone, Relay: none.Relay}
	}
	var refused *boxclient.Error
	if !errors.As(err, &refused) {
		return nil
	}
	e := &Error{Kind: KindNetwork, Reason: ReasonRelayRefused, Relay: refused.Relay, Detail: refused.Message, RetryAfter: refused.RetryAfter}
	switch refused.Word {
	case boxclient.Full:
		e.Reason = ReasonBoxFull
	case boxclient.Rate, boxclient.Quota, boxclient.Busy:
		e.Reason = ReasonRelayRate
	case boxclient.Taken:
		e.Reason = ReasonBoxTaken
	case boxclient.Broken:
		e.Reason = ReasonBoxBroken
	}
	return e
}
