package relay

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/netip"
	"strconv"
	"time"

	"golang.org/x/time/rate"

	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/relay/mailbox"
)

// box has the routes of the mailbox. docs/protocol.md, section 17, describes them. Slots
// are in the bodies alone, so that they are in no log of a server on the way.
type box struct {
	relay    *Relay
	box      *mailbox.Box
	puts     *limiter
	requests *limiter // to watch and to delete
	waiting  *waiting
	failures rate.Sometimes // which are logged
}

// newBox returns the mailbox of a configuration with its defaults, or nil for none.
func newBox(r *Relay, c MailboxConfig, cluster bool) *box {
	if c.Off || cluster && c.Store == nil {
		return nil
	}
	store := c.Store
	if store == nil {
		store = mailbox.NewMemory()
	}
	return &box{
		relay: r, box: mailbox.New(store, mailbox.Config{Life: c.Life, MaxMessages: c.MaxMessages}),
		puts:     newLimiter(c.PutsPerMinute, c.PutsPerMinute/3),
		requests: newLimiter(c.RequestsPerMinute, c.RequestsPerMinute/3),
		waiting:  newWaiting(c.WatchersPerClient),
		failures: rate.Sometimes{Interval: refusalInterval},
	}
}

// addTo adds the routes.
func (b *box) addTo(mux *http.ServeMux) {
	for path, route := range map[string]struct {
		limit *limiter
		serve boxHandler
	}{
		"put": {b.puts, b.put}, "watch": {b.requests, b.watch}, "delete": {b.requests, b.remove},
	} {
		mux.Handle("/api/box/"+path, b.relay.api(http.MethodPost, b.guarded(route.limit, route.serve)))
	}
}

// boxHandler answers a request of a client. What it refuses it returns as an error.
type boxHandler func(w http.ResponseWriter, req *http.Request, client netip.Addr) error

// guarded keeps out who is not served or has asked too often, and answers with the error
// of a handler.
func (b *box) guarded(limit *limiter, next boxHandler) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		client, ok := b.relay.servedClient(w, req)
		if !ok {
			return
		}
		if wait := limit.wait(client); wait > 0 {
			b.refuse(w, boxRefusal{http.StatusTooManyRequests, boxRate, wait, "Too many at a time from this address; try again later."})
			return
		}
		err := next(w, req, client)
		if err == nil || errors.Is(err, errAnswered) || req.Context().Err() != nil {
			return
		}
		why := boxRefusalOf(err)
		if why.word == boxBroken {
			b.failures.Do(func() { b.relay.config.Logger.Warn("the mailbox has failed", "error", err) })
		}
		b.refuse(w, why)
	}
}

func (b *box) refuse(w http.ResponseWriter, why boxRefusal) {
	b.relay.rejected(why.word)
	if why.retry > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(wire.RetrySeconds(why.retry))))
	}
	refuse(w, why.status, why.word, why.text)
}

// put puts a message.
func (b *box) put(w http.ResponseWriter, req *http.Request, client netip.Addr) error {
	request, err := readBox(w, req, wire.MaxBoxPutBody, wire.ParseBoxPut)
	if err != nil {
		return err
	}
	if err := b.opens(w, client, request.Password); err != nil {
		return err
	}
	if err := b.box.Put(req.Context(), mailbox.Slot(request.Slot), request.Message); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// watch answers with messages, once there is one.
func (b *box) watch(w http.ResponseWriter, req *http.Request, client netip.Addr) error {
	request, err := readBox(w, req, wire.MaxBoxWatchBody, wire.ParseBoxWatch)
	if err != nil {
		return err
	}
	if err := b.opens(w, client, request.Password); err != nil {
		return err
	}
	end, ok := b.waiting.begin(client, len(request.Slots))
	if !ok {
		return errBoxQuota
	}
	defer end()
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(request.Wait + 2*bodyTimeout))
	messages, err := b.box.Watch(req.Context(), boxSlots(request.Slots), request.Wait)
	if err != nil {
		return err
	}
	if b.relay.table.isDraining() {
		// The next request comes by another connection, and so perhaps to another node.
		w.Header().Set("Connection", "close")
	}
	var reply wire.BoxMessages
	for _, m := range messages {
		reply.Messages = append(reply.Messages, wire.BoxMessage{Slot: wire.BoxSlot(m.Slot), Message: m.Message})
	}
	answer(w, http.StatusOK, reply.Append(nil))
	return nil
}

// remove deletes messages.
func (b *box) remove(w http.ResponseWriter, req *http.Request, client netip.Addr) error {
	request, err := readBox(w, req, wire.MaxBoxDeleteBody, wire.ParseBoxDelete)
	if err != nil {
		return err
	}
	if err := b.opens(w, client, request.Password); err != nil {
		return err
	}
	if err := b.box.Delete(req.Context(), boxSlots(request.Slots)); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// opens answers with a refusal unless the password opens the relay.
func (b *box) opens(w http.ResponseWriter, client netip.Addr, password string) error {
	if _, why := b.relay.checkPassword(client, password); why.code != 0 {
		b.relay.refuse(w, why)
		return errAnswered
	}
	return nil
}

// readBox reads the body of a request, and parses it.
func readBox[T any](w http.ResponseWriter, req *http.Request, most int64, parse func([]byte) (T, error)) (T, error) {
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(quietTimeout))
	b, err := io.ReadAll(http.MaxBytesReader(w, req.Body, most))
	var request T
	if err == nil {
		request, err = parse(b)
	}
	if err != nil {
		return request, errBoxMalformed
	}
	return request, nil
}

func boxSlots(slots []wire.BoxSlot) []mailbox.Slot {
	to := make([]mailbox.Slot, len(slots))
	for i, s := range slots {
		to[i] = mailbox.Slot(s)
	}
	return to
}

// run does what has to be done now and then, until ctx ends.
func (b *box) run(ctx context.Context) {
	b.box.Run(ctx, func(err error) {
		b.relay.config.Logger.Warn("the mailbox could not be swept", "error", err)
	})
}

// The methods below are those of no mailbox, too.

// drain ends what waits.
func (b *box) drain() {
	if b != nil {
		b.box.Drain()
	}
}

// stats counts what is there.
func (b *box) stats() mailbox.Stats {
	if b == nil {
		return mailbox.Stats{}
	}
	return b.box.Stats()
}

// charge makes a client pay for a wrong password.
func (b *box) charge(client netip.Addr, cost float64) {
	if b != nil {
		b.puts.charge(client, cost)
		b.requests.charge(client, cost)
	}
}
