package tallow

import (
	"context"
	"io"
	"time"

	"github.com/tallow-transfer/tallow/internal/code"
	"github.com/tallow-transfer/tallow/internal/handshake"
	"github.com/tallow-transfer/tallow/internal/transfer"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// DefaultReceiveTimeout is how long a Receive waits for the other side.
const DefaultReceiveTimeout = 10 * time.Minute

// ReceiveOptions say what to receive, and where to.
type ReceiveOptions struct {
	Code string // 7-acid-acorn-acre, also CODE@HOST or a relay's URL with #CODE

	// Output is the folder or the file name to receive to; default ".". A path
	// that is a folder, or ends with a separator, is a folder; another one is
	// the name of the file or folder that is received, or, where several are, of
	// a folder for them.
	Output string
	// Writer, if set, gets the payload instead: a single file, or a text.
	Writer io.Writer

	// Accept is shown the offer and says whether to take it; nil takes it.
	Accept func(ctx context.Context, o Offer) (bool, error)
	// OnConflict says what to do with a file that exists; default ConflictFail.
	OnConflict Conflict
	// Ask is asked with ConflictAsk.
	Ask func(ctx context.Context, existing Existing) (Conflict, error)
	// Verify, if set, is called with the verification words. Nothing is
	// accepted unless it returns true.
	Verify func(ctx context.Context, words []string) (bool, error)
	// Timeout is how long to wait for the other side; default
	// DefaultReceiveTimeout.
	Timeout time.Duration
	// Wait is how long to wait for the other side to come back when every
	// connection is lost; default DefaultWait.
	Wait time.Duration
	// Controls, if set, pause and resume the transfer.
	Controls *Controls
	// OnEvent is told what happens. It may be nil.
	OnEvent func(Event)
}

// Receive joins the sender who waits with the code and takes what it offers. It
// returns when everything is verified, synced and in place. A text is returned
// in Result.Text unless there is a Writer for it or an Output.
//
// Errors are of type *Error. With KindPartial and KindIntegrity the transfer
// has come to its end and the Result says what arrived. After any other error
// what has arrived is kept, and a Receive of the same things into the same
// folder takes it up.
func (c *Client) Receive(ctx context.Context, o ReceiveOptions) (Result, error) {
	k, err := code.Parse(o.Code)
	if err != nil {
		return Result{}, codeError(err)
	}
	t := newRun(o.OnEvent, o.Controls)
	r, corrupt, err := c.receive(ctx, t, o, k)
	return t.end(ctx, r, corrupt, err)
}

func (c *Client) receive(ctx context.Context, t *transferRun, o ReceiveOptions, k code.Code) (Result, int64, error) {
	timeout := o.Timeout
	if timeout == 0 {
		timeout = DefaultReceiveTimeout
	}
	waiting, cancel := context.WithTimeoutCause(ctx, timeout, &Error{
		Kind: KindNetwork, Message: "the sender did not answer in time", Hint: "Check that it is still waiting, or wait longer with --timeout.",
	})
	defer cancel()
	room, at, err := c.join(waiting, k)
	if err != nil {
		return Result{}, 0, orCause(waiting, err)
	}
	defer room.Close()
	secrets, err := t.greetSender(waiting, room, handshake.Params{Words: k.Secret(), Nameplate: k.Nameplate, SenderNonce: room.Nonce()})
	if err != nil {
		return Result{}, 0, err
	}
	t.authenticated()
	again, err := c.reuniter(secrets, receives, o.Wait, at)
	if err != nil {
		return Result{}, 0, err
	}
	l, err := c.connect(ctx, t, &reunion{room: room, secrets: secrets}, receives, again)
	if err != nil {
		return Result{}, 0, err
	}
	defer l.close()
	reporting, stop := context.WithCancel(ctx)
	defer stop()
	l.wg.Go(func() { t.report(reporting) })
	out := output{client: c, o: o}
	defer out.close()
	r, err := transfer.Receive(ctx, l, transfer.ReceiveOptions{
		Decide: func(ctx context.Context, offer wire.Offer) (transfer.Destination, error) {
			if err := t.verifier(secrets, o.Verify)(ctx); err != nil {
				return nil, err
			}
			t.offered(offer)
			if o.Accept != nil {
				ok, err := o.Accept(ctx, offerOf(offer))
				if err != nil {
					return nil, err
				}
				if !ok {
					return nil, transfer.ErrRefused
				}
			}
			return out.open(offer)
		},
		Observer: t, Progress: &t.progress, Pause: t.pause,
	})
	stop()
	sum := t.result(r)
	sum.Text = out.text()
	return sum, r.Corrupt, err
}

// offered tells what is offered.
func (t *transferRun) offered(o wire.Offer) { t.tell(OfferEvent{offerOf(o)}) }

func offerOf(o wire.Offer) Offer {
	return Offer{Text: o.Text, Known: o.Known, Files: o.Files, Bytes: o.Bytes, Names: o.Names}
}
