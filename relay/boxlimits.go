package relay

import (
	"cmp"
	"errors"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/relay/mailbox"
)

// MailboxConfig configures the mailbox, in which the devices of people who know each
// other leave small sealed messages. Zero values mean the defaults; where a limit can be
// negative, that means none.
type MailboxConfig struct {
	// Off says that there is no mailbox.
	Off bool
	// Store keeps the messages; nil for memory. Nodes of a cluster need one that they
	// share, and have no mailbox without. Who makes the relay closes it afterwards.
	Store mailbox.Store
	// Life is how long a message is kept that nobody fetches; 14 days by default.
	Life time.Duration
	// MaxMessages is how many messages there may be, of 2,000 bytes each; 50,000 by
	// default.
	MaxMessages int
	// PutsPerMinute is how many messages one client may put, after a burst of a third of
	// that; 120 by default, negative for no limit.
	PutsPerMinute int
	// RequestsPerMinute is the same for requests to watch and to delete; 300 by default.
	RequestsPerMinute int
	// WatchersPerClient is how many requests of one client may wait at a time; 64 by
	// default, negative for no limit.
	WatchersPerClient int
}

func (c MailboxConfig) withDefaults() (MailboxConfig, error) {
	c.Life = cmp.Or(c.Life, 14*24*time.Hour)
	c.MaxMessages = cmp.Or(c.MaxMessages, 50_000)
	c.PutsPerMinute = cmp.Or(c.PutsPerMinute, 120)
	c.RequestsPerMinute = cmp.Or(c.RequestsPerMinute, 300)
	c.WatchersPerClient = cmp.Or(c.WatchersPerClient, 64)
	switch {
	case c.Life < time.Minute:
		return c, errors.New("Mailbox.Life: at least a minute")
	case c.MaxMessages < 0:
		return c, errors.New("Mailbox.MaxMessages: not negative")
	}
	return c, nil
}

// The reasons why a mailbox refuses something, beside those of rooms: for programs, and
// for metrics.
const (
	boxTaken     = "box-taken"
	boxFull      = "box-full"
	boxBusy      = "box-busy"
	boxQuota     = "box-quota"
	boxRate      = "box-rate"
	boxMalformed = "box-malformed"
	boxBroken    = "box-broken"
)

// boxRefusal is an answer to what a mailbox refuses.
type boxRefusal struct {
	status int
	word   string
	retry  time.Duration // 0: it does not say
	text   string
}

var (
	errBoxMalformed = errors.New("not a valid request")
	errBoxQuota     = errors.New("this client watches as much as it may")
)

// boxRefusalOf returns the answer for an error.
func boxRefusalOf(err error) boxRefusal {
	switch {
	case errors.Is(err, mailbox.ErrTaken):
		return boxRefusal{http.StatusConflict, boxTaken, 0, "Another message is in that slot."}
	case errors.Is(err, mailbox.ErrFull):
		return boxRefusal{http.StatusInsufficientStorage, boxFull, fullRetry, "The mailbox is full; try again later."}
	case errors.Is(err, mailbox.ErrBusy):
		return boxRefusal{http.StatusServiceUnavailable, boxBusy, fullRetry, "Too many are waiting at this relay; try again later."}
	case errors.Is(err, errBoxQuota):
		return boxRefusal{http.StatusTooManyRequests, boxQuota, quotaRetry, "Too many are waiting from this address; try again later."}
	case errors.Is(err, errBoxMalformed):
		return boxRefusal{http.StatusBadRequest, boxMalformed, 0, "The request is not valid."}
	}
	return boxRefusal{http.StatusServiceUnavailable, boxBroken, unavailableRetry, "The mailbox does not work at present; try again later."}
}

// slotsPerClient is how many slots the requests of one client that wait may watch: a
// small part of what all of them may.
const slotsPerClient = 8 * wire.MaxBoxSlots

// waiting counts the requests that wait, by client.
type waiting struct {
	most int // requests of one client; negative for no limit on them and their slots

	mu      sync.Mutex
	clients map[netip.Prefix]watched
}

// watched is what one client watches.
type watched struct{ requests, slots int }

func newWaiting(most int) *waiting {
	return &waiting{most: most, clients: make(map[netip.Prefix]watched)}
}

// begin counts a request in, if the client may have one more. Then end has to be called.
func (w *waiting) begin(addr netip.Addr, slots int) (end func(), ok bool) {
	key := clientKey(addr)
	w.mu.Lock()
	defer w.mu.Unlock()
	has := w.clients[key]
	if w.most >= 0 && (has.requests >= w.most || has.slots+slots > slotsPerClient) {
		return nil, false
	}
	w.clients[key] = watched{has.requests + 1, has.slots + slots}
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		has := w.clients[key]
		if w.clients[key] = (watched{has.requests - 1, has.slots - slots}); has.requests == 1 {
			delete(w.clients, key)
		}
	}, true
}
