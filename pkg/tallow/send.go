package tallow

import (
	"cmp"
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/tallow-transfer/tallow/internal/code"
	"github.com/tallow-transfer/tallow/internal/link"
	"github.com/tallow-transfer/tallow/internal/transfer"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// DefaultWords is how many words a code has unless it is told otherwise.
const DefaultWords = 3

// DefaultSendTimeout is how long a Send waits for the other side.
const DefaultSendTimeout = time.Hour

// SendOptions say what to send, and how. Exactly one of Paths, Stream and Text
// is given.
type SendOptions struct {
	Paths  []string  // files and folders
	Stream io.Reader // sent as one file named StreamName
	Text   string    // a short text, to be shown to the receiver

	StreamName string // default "stdin"

	Code  string // a code of one's own, such as 7-acid-acorn-acre; empty: generated
	Words int    // of a generated code; default DefaultWords

	// Verify, if set, is called with the verification words once the other side
	// has proved itself. Nothing is offered unless it returns true.
	Verify func(ctx context.Context, words []string) (bool, error)
	// Timeout is how long to wait for the other side; default DefaultSendTimeout.
	Timeout time.Duration
	// Wait is how long to wait for the other side to come back when every
	// connection is lost, or its disk is full; default DefaultWait.
	Wait time.Duration
	// LimitRate is how many bytes of files to send a second at most; 0: any number.
	LimitRate int64
	// Controls, if set, pause and resume the transfer.
	Controls *Controls
	// OnEvent is told what happens; the first event with anything to show is
	// the CodeEvent. It may be nil.
	OnEvent func(Event)
}

// Send waits for a receiver who has the code and sends to it. It returns when
// the receiver has everything verified, synced to its disk and in place.
//
// Errors are of type *Error. With KindPartial and KindIntegrity the transfer
// has come to its end and the Result says what arrived.
func (c *Client) Send(ctx context.Context, o SendOptions) (Result, error) {
	if o.LimitRate < 0 {
		return Result{}, negativeLimit()
	}
	source, err := o.source()
	if err != nil {
		return Result{}, explain(ctx, err)
	}
	defer source.Close()
	words, nameplate, err := o.words()
	if err != nil {
		return Result{}, explain(ctx, err)
	}
	t := newRun(o.OnEvent, o.Controls)
	r, err := c.send(ctx, t, o, source, words, nameplate)
	return t.end(ctx, r, 0, err)
}

// words gives the secret of the code, and its nameplate if the user chose it.
func (o SendOptions) words() (words []string, nameplate string, err error) {
	if o.Code != "" {
		k, err := code.Parse(o.Code)
		if err != nil {
			return nil, "", codeError(err)
		}
		if k.Relay != "" {
			return nil, "", usage("a code of one's own is a number and words, without a relay", "Name the relay with --relay.")
		}
		return k.Words, k.Nameplate, nil
	}
	n := o.Words
	if n == 0 {
		n = DefaultWords
	}
	words, err = code.Generate(n)
	if err != nil {
		return nil, "", usage(err.Error(), "")
	}
	return words, "", nil
}

func (c *Client) send(ctx context.Context, t *transferRun, o SendOptions, source source, words []string, nameplate string) (Result, error) {
	listener, err := link.Listen(ctx, c.link, nameplate)
	if err != nil {
		return Result{}, err
	}
	defer listener.Close()
	k := code.Code{Nameplate: listener.Nameplate(), Words: words}
	if !listener.Local() {
		k.Relay = c.link.Relay
	}
	t.tell(CodeEvent{Code: k.String(), Nameplate: k.Nameplate, Relay: k.Relay, LocalOnly: listener.Local()})

	waiting, cancel := context.WithTimeoutCause(ctx, cmp.Or(o.Timeout, DefaultSendTimeout), &Error{
		Kind: KindNetwork, Message: "nobody came for it in time", Hint: "Send again, or wait longer with --timeout.",
	})
	defer cancel()
	peer, err := listener.Accept(waiting, k.Secret(), linkEvents{t})
	if err != nil {
		return Result{}, err
	}
	t.authenticated()
	for {
		r, restarted, err := c.sendTo(ctx, t, o, source, peer)
		if restarted == nil {
			return r, err
		}
		// The receiver was started again. All is offered anew, and it says what
		// it has of it.
		peer = restarted
		t.restarted()
	}
}

// sendTo sends to one process of the receiver. If that one is started again
// meanwhile, the result is its next process.
func (c *Client) sendTo(ctx context.Context, t *transferRun, o SendOptions, source source, peer *link.Peer) (Result, *link.Peer, error) {
	sending, giveUp := context.WithCancelCause(ctx)
	defer giveUp(nil)
	l, err := peer.Connect(ctx, link.Options{
		Observer: linkEvents{t}, ReconnectTimeout: o.Wait, Remaining: t.remaining,
		NoPath: func() { giveUp(transfer.ErrNoPath) },
	})
	if err != nil {
		return Result{}, nil, err
	}
	defer l.Close()
	stop := t.reportProgress(ctx)
	r, err := transfer.Send(sending, transferSession{l}, source, transfer.SendOptions{
		Text:     o.Text != "",
		Confirm:  t.verifier(peer, o.Verify),
		Offered:  t.offered,
		Accepted: t.accept,
		Observer: transferEvents{t}, Progress: &t.progress, Pause: t.pause, Limit: o.LimitRate,
	})
	stop()
	var ended *transfer.CancelledError
	if errors.As(err, &ended) && ended.Reason == wire.ReasonFull && o.Stream == nil { // nobody can read a stream again
		err = t.awaitRestart(ctx, l, ended)
	}
	return t.result(r), l.Restarted(), err
}

// awaitRestart waits for a receiver whose disk is full to come back.
func (t *transferRun) awaitRestart(ctx context.Context, l *link.Link, ended *transfer.CancelledError) error {
	reason := "the peer's disk is full"
	if ended.Text != "" {
		reason = "the peer cannot go on: " + ended.Text
	}
	t.happenFor(transfer.EventConnectionLost, reason)
	err := l.AwaitRestart(ctx)
	if errors.Is(err, link.ErrPeerGone) {
		err = &Error{
			Kind: KindNetwork, Message: reason + ", and it did not come back in time",
			Hint: hintResume, Err: ended,
		}
	}
	return err
}

// verifier asks the person to compare words, where that was asked for.
func (t *transferRun) verifier(peer *link.Peer, verify func(context.Context, []string) (bool, error)) func(context.Context) error {
	return func(ctx context.Context) error {
		if verify == nil {
			return nil
		}
		b := peer.VerifyBytes()
		words := code.VerifyWords(b[:])
		t.tell(VerifyEvent{words})
		ok, err := verify(ctx, words)
		if err == nil && !ok {
			err = transfer.ErrVerify
		}
		return err
	}
}

// codeError makes what is wrong with a code the user's.
func codeError(err error) error {
	e := &Error{Kind: KindCode, Message: err.Error(), Err: err}
	var word *code.WordError
	if errors.As(err, &word) {
		hint := word.Hint()
		e.Message, e.Hint = word.Message(), strings.ToUpper(hint[:1])+hint[1:]
	}
	return e
}
