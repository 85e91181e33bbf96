package main

import (
	"context"
	"errors"
	"slices"
	"syscall/js"

	"github.com/tallow-transfer/tallow/internal/bundle"
	"github.com/tallow-transfer/tallow/internal/opfs"
	"github.com/tallow-transfer/tallow/pkg/tallow"
)

// transfer is one Send, Receive or Store.
type transfer struct {
	worker   *worker
	ctx      context.Context
	cancel   context.CancelFunc
	verify   bool
	password string // of the relay
	controls tallow.Controls
	answers  chan bool
	unlocks  chan string   // passwords of what is stored, or the words in place of its key
	done     chan struct{} // closed at the end
}

func newTransfer(w *worker, verify bool, password string) *transfer {
	t := &transfer{
		worker: w, verify: verify, password: password,
		answers: make(chan bool, 1), unlocks: make(chan string, 1), done: make(chan struct{}),
	}
	t.ctx, t.cancel = context.WithCancel(w.ctx)
	return t
}

func (t *transfer) ended() bool {
	select {
	case <-t.done:
		return true
	default:
		return false
	}
}

// client returns a client of the relay that the page came from.
func (t *transfer) client() (*tallow.Client, error) {
	w := t.worker
	client, err := newClient(w.scope, t.password)
	if err == nil {
		client.UsePage(w.connect)
		client.RememberFailedCodes(opfs.NewFailedCodes(w.ctx))
	}
	return client, err
}

func newClient(scope js.Value, password string) (*tallow.Client, error) {
	return tallow.New(tallow.Config{
		Relay: scope.Get("location").Get("origin").String(), RelayPassword: password,
		Lanes: []tallow.Lane{tallow.LaneWebRTC, tallow.LaneRelay}, Version: version,
	})
}

// connect asks the page for a connection, and returns the port to it.
func (w *worker) connect(configuration map[string]any) js.Value {
	channel := w.scope.Get("MessageChannel").New()
	theirs := channel.Get("port2")
	w.scope.Call("postMessage", map[string]any{"event": "connect", "configuration": configuration}, []any{theirs})
	return channel.Get("port1")
}

// run runs the transfer with a client of its own.
func (t *transfer) run(do func(*transfer, *tallow.Client)) {
	defer close(t.done)
	defer t.cancel()
	c, err := t.client()
	if err != nil {
		t.fail(err)
		return
	}
	do(t, c)
}

func (t *transfer) send(c *tallow.Client, o tallow.SendOptions) {
	o.Controls, o.OnEvent, o.Verify = &t.controls, t.event, t.verifier()
	_, _ = c.Send(t.ctx, o) // the last event has the result
}

func (t *transfer) receive(c *tallow.Client, code string) {
	store, err := openStore(t.ctx)
	if err != nil {
		t.fail(err)
		return
	}
	var offered tallow.Offer
	var end *tallow.EndEvent
	_, _ = c.Receive(t.ctx, tallow.ReceiveOptions{
		Code: code, Destination: destination{store}, Controls: &t.controls, Verify: t.verifier(), Password: t.askPassword, Words: t.askWords,
		Accept: func(ctx context.Context, o tallow.Offer) (bool, error) {
			offered = o
			return t.ask(ctx)
		},
		OnEvent: func(e tallow.Event) {
			if e, ok := e.(tallow.EndEvent); ok {
				end = &e // comes once the files are closed
				return
			}
			t.event(e)
		},
	})
	t.close(store, offered, end)
}

// close closes what was received, tells a text that came, and then the end.
func (t *transfer) close(store *bundle.Store, offered tallow.Offer, end *tallow.EndEvent) {
	b := store.Chosen()
	if b != nil && b.Finished() && offered.Text {
		if s, err := textOf(b); err == nil {
			t.worker.post(map[string]any{"event": "text", "text": s})
		}
	}
	if err := store.Close(); err != nil && end.Err == nil {
		end.Err = &tallow.Error{Kind: tallow.KindIO, Reason: tallow.ReasonDisk, Detail: err.Error(), Err: err}
	}
	if b != nil && b.Finished() {
		if offered.Text {
			_ = store.Remove(t.worker.ctx, b.Name())
		} else {
			t.worker.post(map[string]any{"event": "kept-as", "name": b.Name()})
		}
	}
	t.event(*end)
}

// destination is a bundle.Store that also finds the claim of a download that is there as
// a whole, but that the relay may not know of: so it uses up no second one.
type destination struct{ *bundle.Store }

// Remembered implements files.Resumable.
func (d destination) Remembered() [][]byte { return slices.Concat(d.Store.Remembered(), d.Claims()) }

// verifier returns what asks the person to compare words, nil if nobody wants to.
func (t *transfer) verifier() func(context.Context, []string) (bool, error) {
	if !t.verify {
		return nil
	}
	return func(ctx context.Context, _ []string) (bool, error) { return t.ask(ctx) } // the event has the words
}

// ask waits for the person's answer to what the last event asked.
func (t *transfer) ask(ctx context.Context) (bool, error) {
	select {
	case yes := <-t.answers:
		return yes, nil
	case <-ctx.Done():
		return false, context.Cause(ctx)
	}
}

func (t *transfer) answer(yes bool) {
	select {
	case t.answers <- yes:
	default:
	}
}

// askPassword asks the person for the password of what is stored.
func (t *transfer) askPassword(ctx context.Context, wrong bool) (string, error) {
	t.post("password", map[string]any{"wrong": wrong})
	return t.askUnlock(ctx)
}

// askWords asks the person for the words in place of the key of a link.
func (t *transfer) askWords(ctx context.Context, wrong error) (string, error) {
	fields := map[string]any{"reason": "", "count": 0}
	var known *tallow.Error
	if errors.As(wrong, &known) {
		fields = map[string]any{"reason": string(known.Reason), "count": known.Count}
	}
	t.post("words", fields)
	return t.askUnlock(ctx)
}

func (t *transfer) askUnlock(ctx context.Context) (string, error) {
	select {
	case answer := <-t.unlocks:
		return answer, nil
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

func (t *transfer) unlock(answer string) {
	select {
	case t.unlocks <- answer:
	default:
	}
}

// fail tells an error before there is a transfer.
func (t *transfer) fail(err error) {
	var known *tallow.Error
	if !errors.As(err, &known) {
		known = &tallow.Error{Kind: tallow.KindIO, Reason: tallow.ReasonDisk, Detail: err.Error(), Err: err}
		if errors.Is(err, opfs.ErrNone) {
			known.Reason = tallow.ReasonNoDisk
		}
	}
	t.event(tallow.EndEvent{State: tallow.StateFailed, Err: known})
}
