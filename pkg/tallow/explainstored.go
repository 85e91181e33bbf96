package tallow

import (
	"errors"

	"github.com/tallow-transfer/tallow/internal/storeclient"
	"github.com/tallow-transfer/tallow/internal/storelink"
)

// linkError returns the *Error for an invalid link.
func linkError(err error) *Error {
	e := &Error{Kind: KindCode, Reason: ReasonLinkForm, Detail: err.Error(), Err: err}
	switch {
	case errors.Is(err, storelink.ErrNoKey):
		e.Reason, e.Detail = ReasonLinkNoKey, ""
	case errors.Is(err, storelink.ErrKey):
		e.Reason, e.Detail = ReasonLinkKey, ""
	}
	return e
}

// explainStored handles refusals of a store.
func explainStored(err error) *Error {
	var none *storeclient.NoStoreError
	if errors.As(err, &none) {
		return &Error{Kind: KindNetwork, Reason: ReasonStoreNone, Relay: none.Relay}
	}
	var refused *storeclient.Error
	if !errors.As(err, &refused) {
		return nil
	}
	e := &Error{Kind: KindCode, Relay: refused.Relay, Detail: refused.Message, RetryAfter: refused.RetryAfter}
	switch refused.Word {
	case storeclient.Unknown:
		e.Reason = ReasonStoredUnknown
	case storeclient.Spent:
		e.Reason = ReasonStoredSpent
	case storeclient.Busy:
		e.Reason = ReasonStoredBusy
	case storeclient.Incomplete:
		e.Reason = ReasonStoredIncomplete
	case storeclient.WrongProof:
		e.Reason = ReasonLinkWrongKey
	case storeclient.Rate:
		e.Kind, e.Reason = KindNetwork, ReasonRelayRate
	case storeclient.BrokenDisk:
		e.Kind, e.Reason = KindNetwork, ReasonStoreBroken
	case storeclient.Full:
		e.Kind, e.Reason = KindNetwork, ReasonStoreFull
	case storeclient.Quota:
		e.Kind, e.Reason = KindNetwork, ReasonStoreQuota
	case storeclient.TooLarge:
		e.Kind, e.Reason = KindNetwork, ReasonStoreTooLarge
	case storeclient.MailOff:
		e.Kind, e.Reason = KindNetwork, ReasonMailOff
	case storeclient.MailQuota:
		e.Kind, e.Reason = KindNetwork, ReasonMailQuota
	case storeclient.MailAddress:
		e.Kind, e.Reason = KindUsage, ReasonMailAddress
	case storeclient.NotifyOff:
		e.Kind, e.Reason = KindNetwork, ReasonNotifyOff
	case storeclient.NotifyURL:
		e.Kind, e.Reason = KindUsage, ReasonNotifyURL
	case storeclient.Closed:
		e.Kind, e.Reason = KindUsage, ReasonStoreToken
	default:
		e.Kind, e.Reason = KindNetwork, ReasonRelayRefused
	}
	return e
}

// storedContainer returns the error of a stored transfer, with an *Error for a fault of
// its container.
func storedContainer(err error) error {
	err = explainContainer(err)
	var e *Error
	if errors.As(err, &e) && e.Reason == ReasonContainerForm {
		e.Kind = KindIntegrity
	}
	return err
}
