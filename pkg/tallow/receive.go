package tallow

import (
	"cmp"
	"context"
	"errors"
	"io"
	"time"

	"github.com/tallow-transfer/tallow/internal/code"
	"github.com/tallow-transfer/tallow/internal/link"
	"github.com/tallow-transfer/tallow/internal/storelink"
	"github.com/tallow-transfer/tallow/internal/transfer"
	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// DefaultReceiveTimeout is how long a Receive waits for the sender to come and to
// answer.
const DefaultReceiveTimeout = 10 * time.Minute

// ReceiveOptions say what to receive, and where to. At most one of Output,
// Writer and Destination is given.
type ReceiveOptions struct {
	// Code is a code such as 7-apple-walrus-kayak, also CODE@HOST or a relay's URL with
	// #CODE; or the link of a stored transfer, https://HOST/d/ID#KEY, also without its key
	// if there are Words.
	Code string

	// Output is the folder or the file name to receive to; default ".". A path
	// that is a folder, or ends with a separator, is a folder. Any other path is
	// the name to give to the file or folder that is received or, if there are
	// several, of a folder for them.
	Output string
	// Writer gets the content of a single file or a text.
	Writer io.Writer
	// Destination receives the files instead of this machine's disk. One that is a
	// files.Resumable is resumed with the same code, as the disk is.
	Destination files.Destination

	// Accept is called with the offer, and returns whether to accept it; nil
	// accepts.
	Accept func(ctx context.Context, o Offer) (bool, error)
	// MaxBytes is how many bytes of files may be sent in all; 0: any number. An offer of
	// more is declined before Accept is called. A stream of more, or a sender that sends
	// more than it has offered, ends the transfer before it is written.
	MaxBytes int64
	// OnConflict says what to do with a file that exists; default ConflictFail.
	// It has no effect on a Writer or a Destination.
	OnConflict Conflict
	// Ask is called with ConflictAsk.
	Ask func(ctx context.Context, existing Existing) (Conflict, error)
	// Preserve gives files and folders the permissions that they have at the sender.
	// Otherwise the umask of this process applies to them.
	Preserve bool
	// Password is called if Code is the link of a stored transfer that has a password too;
	// with wrong set after one that was not right. Its error ends the Receive.
	Password func(ctx context.Context, wrong bool) (string, error)
	// Words is called if Code is the link of a stored transfer without its key, as it is in
	// mails of relays, and the relay has the key wrapped under words; with wrong, an *Error,
	// set after words that were not right. Its error ends the Receive. The words never
	// reach the relay.
	Words func(ctx context.Context, wrong error) (string, error)
	// Verify, if set, is called with the verification words. Nothing is
	// accepted unless it returns true. It has no effect on a stored transfer.
	Verify func(ctx context.Context, words []string) (bool, error)
	// PeerTimeout is how long to wait for the sender to come and to answer; default
	// DefaultReceiveTimeout. It has no effect on a stored transfer.
	PeerTimeout time.Duration
	// ReconnectTimeout is how long to wait for the sender, or the store, to come back when
	// every connection is lost; default DefaultReconnectTimeout.
	ReconnectTimeout time.Duration
	// LimitRate is the largest rate, in bytes of files a second; 0: no limit.
	LimitRate int64
	// Keep tells the sender that this side wants to keep it as a device. If the sender wants
	// it, too, Result.Invitation is what it has sent for that: see SendOptions.Invitation. It
	// has no effect on a stored transfer.
	Keep bool
	// Controls, if set, pause and resume the transfer.
	Controls *Controls
	// OnEvent is called with each event. The first is a StateEvent, the last an
	// EndEvent. It may be nil.
	OnEvent func(Event)
}

// Receive meets the sender that waits with the code, or waits until one does, and
// receives what it offers. It returns when everything is verified, synced and in
// place. A text is returned in Result.Text unless there is an Output, a Writer or
// a Destination for it.
//
// With the link of a stored transfer it receives that from the relay. The download is
// claimed once the offer was accepted, and counts once everything is in place. A Receive
// that was interrupted uses up no second download.
//
// Errors are of type *Error. With KindPartial, and with KindIntegrity if
// Result.Corrupt is not 0, the transfer has completed and the Result says what
// arrived. After any other error what has arrived is kept, and a Receive of the
// same files into the same folder resumes; if Error.Waiting is set, with the same
// code.
func (c *Client) Receive(ctx context.Context, o ReceiveOptions) (Result, error) {
	t := newRun(false, o.OnEvent, o.Controls)
	r, err := c.receive(ctx, t, o)
	return t.end(ctx, r, err)
}

func (c *Client) receive(ctx context.Context, t *transferRun, o ReceiveOptions) (Result, error) {
	if o.LimitRate < 0 || o.MaxBytes < 0 {
		return Result{}, usage(ReasonNegativeLimit)
	}
	if o.outputs() > 1 {
		return Result{}, usage(ReasonSeveralOutputs)
	}
	if storelink.Is(o.Code) {
		return c.fetch(ctx, t, o)
	}
	k, err := code.Parse(o.Code)
	if err != nil {
		return Result{}, codeError(err)
	}
	t.keeps = o.keeps()
	t.begin()
	if o.Output != "" {
		if err := checkOutput(ctx, o.Output); err != nil {
			t.waiting = true // for all that is known: the code was not tried
			return Result{}, err
		}
	}

	waiting, cancel := context.WithTimeoutCause(ctx, cmp.Or(o.PeerTimeout, DefaultReceiveTimeout), &Error{Kind: KindNetwork, Reason: ReasonPeerSilent})
	defer cancel()
	peer, err := c.dial(waiting, t, o, k)
	if err != nil {
		return Result{}, err
	}
	t.authenticated()

	l, err := peer.Connect(ctx, link.Options{Observer: linkEvents{t}, ReconnectTimeout: o.ReconnectTimeout, Verifies: o.Verify != nil, Keeps: o.Keep})
	if err != nil {
		return Result{}, err
	}
	defer l.Close()
	defer t.tellHello(ctx, l, peer, o.Verify != nil)()
	stop := t.reportProgress(ctx)
	memory := newMemory(l, k, c.meetings, c.log)
	memory.start(ctx, o.rememberAfter())
	out := output{o: o, log: c.log, descriptors: c.descriptors, close: func() {}, begun: memory.begun, tell: t.tell}
	defer func() { out.close() }()
	var known transfer.Preview
	var invitation []byte
	var invited func([]byte)
	if o.Keep {
		invited = func(b []byte) { invitation = b }
	}
	sum, err := transfer.Receive(ctx, transferSession{l}, transfer.ReceiveOptions{
		Confirm: t.verifier(peer, memory.before(o.Verify)),
		Preview: o.preview(&known),
		Decide: func(ctx context.Context, offer wire.Offer) (files.Destination, error) {
			hello, err := l.Peer(ctx) // it came before the offer
			if err != nil {
				return nil, err
			}
			t.named(hello)
			offered := o.offered(ctx, offer, known)
			offered.Peer = t.known()
			if o.Accept != nil {
				memory.rememberHere() // a person who is asked may take long
			}
			t.tell(OfferEvent{offered})
			if err := o.accept(ctx, offered); err != nil {
				return nil, err
			}
			t.accept()
			dest, err := out.open(ctx, offer)
			t.keeps = out.resume != nil
			return dest, err
		},
		Observer: transferEvents{t}, Progress: &t.progress, Pause: t.pause, Limit: o.LimitRate, MaxBytes: o.MaxBytes,
		Keep:  func(begun bool) bool { return (!begun || out.resume != nil) && memory.keep(out.resume) },
		Keeps: func() bool { return out.resume != nil },

		Invited: invited,
	})
	stop()
	memory.stop() // before the folder is closed
	t.waiting = memory.kept
	r := t.result(sum)
	r.Text, r.Folder, r.Invitation = out.text(), out.folder, invitation
	if err == nil && out.folder != "" {
		for _, l := range leftovers(ctx, out.folder) {
			t.tell(l)
		}
	}
	return r, err
}

// dial connects to the sender: that of a transfer that an earlier process began
// with this code, or else the one that waits with it.
func (c *Client) dial(ctx context.Context, t *transferRun, o ReceiveOptions, k code.Code) (*link.Peer, error) {
	peer, err := c.reconnect(ctx, o, k)
	if err == nil {
		t.changeState(transfer.EventPeerJoined, "")
		return peer, nil
	}
	if !errors.Is(err, link.ErrNothingToResume) {
		return nil, err
	}
	return link.Dial(ctx, c.link, k, meetingEvents{linkEvents: linkEvents{t}})
}

// outputs returns how many of Output, Writer and Destination are set.
func (o ReceiveOptions) outputs() (n int) {
	for _, is := range []bool{o.Output != "", o.Writer != nil, o.Destination != nil} {
		if is {
			n++
		}
	}
	return n
}

// keeps reports whether what is received is kept where another process can find
// it: on this machine's disk, or in a files.Resumable.
func (o ReceiveOptions) keeps() bool {
	_, ok := o.Destination.(files.Resumable)
	return ok || o.Writer == nil && o.Destination == nil
}

// remembered returns what earlier processes of the receiver left there for this
// one, newest first.
func (o ReceiveOptions) remembered(ctx context.Context) [][]byte {
	if d, ok := o.Destination.(files.Resumable); ok {
		return d.Remembered()
	}
	return remembered(ctx, o.Output)
}

// resumes reports whether there is something of an interrupted transfer that is
// taken up with these names.
func (o ReceiveOptions) resumes(ctx context.Context, names []string) bool {
	if d, ok := o.Destination.(files.Resumable); ok {
		return d.Interrupted(names)
	}
	return o.keeps() && interrupted(ctx, o.Output, names)
}

// rememberAfter is how long the receiver is connected before it remembers the
// sender: no time if it asks a person, who may take long to answer.
func (o ReceiveOptions) rememberAfter() time.Duration {
	if o.Accept != nil || o.Verify != nil {
		return 0
	}
	return rememberAfter
}

// preview returns what fills known before the offer is decided about; nil if nobody
// is asked.
func (o ReceiveOptions) preview(known *transfer.Preview) func(transfer.Preview) {
	if o.Accept == nil {
		return nil
	}
	return func(p transfer.Preview) { *known = p }
}

// offered returns an offer with what is known of it here.
func (o ReceiveOptions) offered(ctx context.Context, offer wire.Offer, known transfer.Preview) Offer {
	offered := offerOf(offer)
	offered.Resuming = o.resumes(ctx, offer.Names)
	offered.Entries, offered.Whole = known.Entries, known.Whole
	if o.Accept != nil && o.Writer == nil && o.Destination == nil {
		offered.Free, offered.FreeKnown = freeSpace(ctx, o.Output, offer.Names)
	}
	return offered
}

// accept asks whether to accept an offer.
func (o ReceiveOptions) accept(ctx context.Context, offer Offer) error {
	if o.MaxBytes > 0 && offer.Bytes > o.MaxBytes {
		return &transfer.TooLargeError{Limit: o.MaxBytes}
	}
	if o.Accept == nil {
		return nil
	}
	ok, err := o.Accept(ctx, offer)
	if err == nil && !ok {
		err = transfer.ErrRefused
	}
	return err
}

// offered sends an OfferEvent.
func (t *transferRun) offered(o wire.Offer) { t.tell(OfferEvent{offerOf(o)}) }

func offerOf(o wire.Offer) Offer {
	return Offer{Text: o.Text, Known: o.Known, Files: o.Files, Bytes: o.Bytes, Names: o.Names}
}
