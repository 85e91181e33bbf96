package relay

import (
	"errors"
	"net/http"
	"time"

	"github.com/tallow-transfer/tallow/internal/mail"
	"github.com/tallow-transfer/tallow/relay/outbox"
	"github.com/tallow-transfer/tallow/relay/stored"
)

// StoreConfig configures what a relay keeps for receivers that come later.
type StoreConfig struct {
	// Service keeps it. Its owner closes what is behind it once the relay has ended.
	Service *stored.Service
	// Token closes the store: who begins to store a transfer has to know it. Whoever has
	// a link can fetch all the same. Empty, the store is as open as the relay.
	Token string
	// CreatesPerMinute is how many transfers one client address may begin to store, after
	// a burst of a third of that; 20 by default, negative for no limit.
	CreatesPerMinute int
	// ClaimsPerMinute is the same for offers, claims, wrapped keys and mails; 60 by default.
	ClaimsPerMinute int
	// Outbox says how mails are sent, if Service takes them, and how URLs of senders are
	// called. Its Service, Told and Logger are those of the relay.
	Outbox outbox.Config
	// SweepInterval is how often what is over is removed; 1 minute by default.
	SweepInterval time.Duration
}

// The reasons why a store refuses something, beside those of rooms: for programs, and
// for metrics.
const (
	storeUnknown    = "store-unknown"
	storeIncomplete = "store-incomplete"
	storeCompleted  = "store-complete"
	storeSpent      = "store-spent"
	storeBusy       = "store-busy"
	storeProof      = "store-proof"
	storeClaim      = "store-claim"
	storeFull       = "store-full"
	storeQuota      = "store-quota"
	storeTooLarge   = "store-too-large"
	storeMalformed  = "store-malformed"
	storeRate       = "store-rate"
	storeBroken     = "store-broken"
	storeToken      = "store-token"
	storeIndirect   = "store-indirect"
	storeMailOff    = "store-mail-off"
	storeMailQuota  = "store-mail-quota"
	storeMailTo     = "store-mail-address"
	storeNotifyOff  = "store-notify-off"
	storeNotifyURL  = "store-notify-url"
)

// errNotifyOff is the error of a URL at a relay that calls none.
var errNotifyOff = errors.New("no URLs are called")

// storeRefusal is an answer to what a store refuses.
type storeRefusal struct {
	status int
	word   string
	text   string
}

// storeRefusalOf returns the answer for an error of the service.
func storeRefusalOf(err error) storeRefusal {
	for _, known := range []struct {
		err error
		storeRefusal
	}{
		{stored.ErrUnknown, storeRefusal{http.StatusNotFound, storeUnknown, "There is no such stored transfer, or it has expired."}},
		{stored.ErrIncomplete, storeRefusal{http.StatusConflict, storeIncomplete, "Not all of it is stored yet."}},
		{stored.ErrCompleted, storeRefusal{http.StatusConflict, storeCompleted, "It is complete already."}},
		{stored.ErrSpent, storeRefusal{http.StatusGone, storeSpent, "It was fetched as often as it may be."}},
		{stored.ErrBusy, storeRefusal{http.StatusConflict, storeBusy, "Others are fetching it now; try again later."}},
		{stored.ErrProof, storeRefusal{http.StatusForbidden, storeProof, "The key is not the right one."}},
		{stored.ErrIndirect, storeRefusal{http.StatusConflict, storeIndirect, "All bytes go through the relay here."}},
		{stored.ErrNoClaim, storeRefusal{http.StatusForbidden, storeClaim, "Claim a download first."}},
		{stored.ErrFull, storeRefusal{http.StatusInsufficientStorage, storeFull, "The store has no room for it."}},
		{stored.ErrClientQuota, storeRefusal{http.StatusTooManyRequests, storeQuota, "This address has stored as much as it may."}},
		{stored.ErrTooLarge, storeRefusal{http.StatusRequestEntityTooLarge, storeTooLarge, "It is larger than what may be stored."}},
		{stored.ErrMailOff, storeRefusal{http.StatusConflict, storeMailOff, "This relay sends no mail."}},
		{stored.ErrMailQuota, storeRefusal{http.StatusTooManyRequests, storeMailQuota, "As many mails were sent today as may be; try again tomorrow."}},
		{mail.ErrAddress, storeRefusal{http.StatusBadRequest, storeMailTo, "That is not the address of one mailbox."}},
		{errNotifyOff, storeRefusal{http.StatusConflict, storeNotifyOff, "This relay calls no URLs."}},
		{outbox.ErrURL, storeRefusal{http.StatusBadRequest, storeNotifyURL, "The relay does not call that URL: it has to be a public one, by https."}},
		{stored.ErrInvalid, storeRefusal{http.StatusBadRequest, storeMalformed, "The request is not valid."}},
	} {
		if errors.Is(err, known.err) {
			return known.storeRefusal
		}
	}
	return storeRefusal{http.StatusServiceUnavailable, storeBroken, "The store does not work at present; try again later."}
}
