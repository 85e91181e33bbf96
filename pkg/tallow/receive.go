package tallow

import (
	"cmp"
	"context"
	"errors"
	"io"
	"time"

	"github.com/tallow-transfer/tallow/internal/code"
	"github.com/tallow-transfer/tallow/internal/disk"
	"github.com/tallow-transfer/tallow/internal/link"
	"github.com/tallow-transfer/tallow/internal/transfer"
	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/pkg/files"
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
	// LimitRate is how many bytes of files to take a second at most; 0: any number.
	LimitRate int64
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
// folder takes it up; where the disk was full, with the same code, as long as the
// sender waits.
func (c *Client) Receive(ctx context.Context, o ReceiveOptions) (Result, error) {
	if o.LimitRate < 0 {
		return Result{}, negativeLimit()
	}
	k, err := code.Parse(o.Code)
	if err != nil {
		return Result{}, codeError(err)
	}
	t := newRun(o.OnEvent, o.Controls)
	r, corrupt, err := c.receive(ctx, t, o, k)
	return t.end(ctx, r, corrupt, err)
}

func (c *Client) receive(ctx context.Context, t *transferRun, o ReceiveOptions, k code.Code) (Result, int64, error) {
	waiting, cancel := context.WithTimeoutCause(ctx, cmp.Or(o.Timeout, DefaultReceiveTimeout), &Error{
		Kind: KindNetwork, Message: "the sender did not answer in time", Hint: "Check that it is still waiting, or wait longer with --timeout.",
	})
	defer cancel()
	peer, err := c.dial(waiting, t, o, k)
	if err != nil {
		return Result{}, 0, err
	}
	t.authenticated()
	l, err := peer.Connect(ctx, link.Options{Observer: linkEvents{t}, ReconnectTimeout: o.Wait})
	if err != nil {
		return Result{}, 0, err
	}
	defer l.Close()
	stop := t.reportProgress(ctx)
	out := output{client: c, o: o}
	defer out.close()
	memory := memory{link: l, code: k, log: c.log}
	r, err := transfer.Receive(ctx, transferSession{l}, transfer.ReceiveOptions{
		Decide: func(ctx context.Context, offer wire.Offer) (files.Destination, error) {
			if err := t.verifier(peer, o.Verify)(ctx); err != nil {
				return nil, err
			}
			t.offered(offer)
			if err := o.accept(ctx, offer); err != nil {
				return nil, err
			}
			t.accept()
			out.begun = func(folder *disk.Folder) { memory.start(ctx, folder) }
			return out.open(ctx, offer)
		},
		Observer: transferEvents{t}, Progress: &t.progress, Pause: t.pause, Limit: o.LimitRate,
		Keep: func() bool { return memory.keep(out.folder) },
	})
	stop()
	memory.stop() // before what it remembers into is closed
	if !memory.kept {
		err = withoutMemory(err)
	}
	sum := t.result(r)
	sum.Text = out.text()
	return sum, r.Corrupt, err
}

// dial finds the sender: the one of the transfer that an earlier process began
// with this code, or else the one who waits with it.
func (c *Client) dial(ctx context.Context, t *transferRun, o ReceiveOptions, k code.Code) (*link.Peer, error) {
	if o.Writer == nil {
		peer, err := link.Redial(ctx, c.link, k, disk.Remembered(resumeFolder(o.Output)))
		if err == nil {
			t.happen(transfer.EventPeerJoined)
			return peer, nil
		}
		if !errors.Is(err, link.ErrNothingToResume) {
			return nil, err
		}
	}
	return link.Dial(ctx, c.link, k, linkEvents{t})
}

// accept asks whether to take an offer.
func (o ReceiveOptions) accept(ctx context.Context, offer wire.Offer) error {
	if o.Accept == nil {
		return nil
	}
	ok, err := o.Accept(ctx, offerOf(offer))
	if err == nil && !ok {
		err = transfer.ErrRefused
	}
	return err
}

// offered tells what is offered.
func (t *transferRun) offered(o wire.Offer) { t.tell(OfferEvent{offerOf(o)}) }

func offerOf(o wire.Offer) Offer {
	return Offer{Text: o.Text, Known: o.Known, Files: o.Files, Bytes: o.Bytes, Names: o.Names}
}
