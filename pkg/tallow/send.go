package tallow

import (
	"cmp"
	"context"
	"errors"
	"io"
	"time"

	"github.com/tallow-transfer/tallow/internal/code"
	"github.com/tallow-transfer/tallow/internal/link"
	"github.com/tallow-transfer/tallow/internal/transfer"
	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// DefaultWords is the number of words of a code, unless SendOptions.Words is set.
const DefaultWords = 3

// DefaultSendTimeout is how long a Send waits for the receiver to join.
const DefaultSendTimeout = time.Hour

// SendOptions say what to send, and how. Exactly one of Paths, Stream, Text and
// Source is given.
type SendOptions struct {
	Paths  []string     // files and folders of this machine
	Stream io.Reader    // sent as one file named StreamName
	Text   string       // a short text, to be shown to the receiver
	Source files.Source // anything else, such as files.FS; Send does not close it

	StreamName string // default "stdin"

	Links Links // what becomes of symlinks in folders of Paths; default LinksKeep
	// RenameUnsafe sends the files and folders of Paths whose names have control
	// characters, which no receiver takes, under other names: Icon%0D. Otherwise
	// they are an error, before there is a code.
	RenameUnsafe bool
	// Rules say what of Paths is sent. The first rule that matches decides. What no
	// rule matches is sent if the last one excludes, and left out if it includes, unless
	// it is in a folder that a rule includes. A folder that is left out is, with all
	// that is in it. The peer does not learn of what is left out.
	Rules []Rule
	// GitIgnore leaves out what Git ignores, and .git. The rules are those of
	// gitignore(5), without a person's global ones.
	GitIgnore bool

	Code  string // a code of one's own, such as 7-apple-walrus-kayak, with three different words at least; empty: generated
	Words int    // of a generated code; default DefaultWords
	// FindPage asks the relay whether it has a page for browsers, for CodeEvent.Link.
	FindPage bool

	// Verify, if set, is called with the verification words once the peer has
	// proved that it knows the code. Nothing is offered unless it returns true.
	Verify func(ctx context.Context, words []string) (bool, error)
	// PeerTimeout is how long to wait for the receiver to join; default
	// DefaultSendTimeout.
	PeerTimeout time.Duration
	// ReconnectTimeout is how long to wait for the receiver to come back when
	// every connection is lost, or its disk is full; default
	// DefaultReconnectTimeout.
	ReconnectTimeout time.Duration
	// LimitRate is the largest rate, in bytes of files a second; 0: no limit.
	LimitRate int64
	// Compress says whether data is compressed on its way; default CompressAuto.
	Compress Compress
	// Invitation is sent once everything is in place, if the receiver wants to keep this
	// machine, too: see ReceiveOptions.Keep. It has at most MaxInvitation bytes. What is in
	// it is the caller's business; it is as secret, and as authentic, as what is sent. Without
	// it the receiver is told that nobody wants to keep it.
	Invitation []byte
	// Controls, if set, pause and resume the transfer.
	Controls *Controls
	// OnEvent is called with each event. The first is a StateEvent, the second the
	// CodeEvent, the last an EndEvent. It may be nil.
	OnEvent func(Event)
}

// MaxInvitation is how many bytes SendOptions.Invitation may have.
const MaxInvitation = wire.MaxInvitation

// Rule is a pattern of what to include or to exclude. In it * stands for any characters
// of a name, ? for one, [a-z] for one of a class, ** for any folders, and a backslash
// makes the next character an ordinary one. A pattern matches the end of a path, from
// the beginning of a name on; with a slash before it, the whole path inside of one of
// SendOptions.Paths; with a slash behind it, folders alone.
type Rule struct {
	Include bool
	Pattern string
}

// Compress says whether the data of files is compressed on its way. A receiver that does
// not know how to expand it gets it as it is, and so does everyone from a browser. Files
// of up to 24 KiB are never compressed.
type Compress string

// The policies for compression.
const (
	CompressAuto Compress = "auto" // where it is faster than without: on lanes that are slower than the compressor, what becomes shorter
	CompressOn   Compress = "on"   // whatever becomes shorter
	CompressOff  Compress = "off"
)

// compression returns the policy of the options.
func (o SendOptions) compression() (transfer.Compress, error) {
	switch o.Compress {
	case "", CompressAuto:
		return transfer.CompressAuto, nil
	case CompressOn:
		return transfer.CompressOn, nil
	case CompressOff:
		return transfer.CompressOff, nil
	}
	return 0, &Error{Kind: KindUsage, Reason: ReasonCompressName, Detail: string(o.Compress)}
}

// Links says what becomes of the symlinks in the folders that are sent. One of
// SendOptions.Paths that is itself a symlink is always followed.
type Links string

// The policies for symlinks.
const (
	LinksKeep   Links = "keep"   // send them as symlinks; those that lead out of the folder are left out
	LinksSkip   Links = "skip"   // leave them all out
	LinksFollow Links = "follow" // send what they lead to in their place, wherever that is
)

// Send waits for a receiver that knows the code, and sends to it. While it waits,
// a restart of the relay does not end it. It returns when the receiver has
// everything verified, synced to its disk and in place.
//
// Errors are of type *Error. With KindPartial, and with KindIntegrity if
// Result.Corrupt is not 0, the transfer has completed and the Result says what
// arrived.
func (c *Client) Send(ctx context.Context, o SendOptions) (Result, error) {
	t := newRun(true, o.OnEvent, o.Controls)
	r, err := c.send(ctx, t, o)
	return t.end(ctx, r, err)
}

func (c *Client) send(ctx context.Context, t *transferRun, o SendOptions) (Result, error) {
	w, err := c.await(ctx, t, o, func() error { return nil })
	if err != nil {
		return Result{}, err
	}
	defer w.close()
	waiting, cancel := context.WithTimeoutCause(ctx, cmp.Or(o.PeerTimeout, DefaultSendTimeout), &Error{Kind: KindNetwork, Reason: ReasonPeerNeverCame})
	defer cancel()
	peer, err := w.listener.Accept(waiting, w.events)
	if err != nil {
		return Result{}, err
	}
	return c.sendTo(ctx, t, o, w.source, peer)
}

// waitingSend is a Send that has a code, and waits for its receiver.
type waitingSend struct {
	source   openSource
	listener *link.Listener
	events   meetingEvents
}

func (w *waitingSend) close() {
	_ = w.listener.Close()
	_ = w.source.Close()
}

// await checks the options and begins to wait for a receiver. Before that it calls
// ready, whose error ends the Send.
func (c *Client) await(ctx context.Context, t *transferRun, o SendOptions, ready func() error) (_ *waitingSend, err error) {
	if o.LimitRate < 0 {
		return nil, usage(ReasonNegativeLimit)
	}
	if _, err := o.compression(); err != nil {
		return nil, err
	}
	if len(o.Invitation) > MaxInvitation {
		return nil, &Error{Kind: KindUsage, Reason: ReasonInvitationSize, Count: MaxInvitation}
	}
	t.keeps = o.Stream == nil // a stream cannot be read again
	source, err := o.source(ctx, c.descriptors)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = source.Close()
		}
	}()
	k, err := o.code()
	if err != nil {
		return nil, err
	}
	if err := t.check(ctx, source); err != nil {
		return nil, err
	}
	if err := ready(); err != nil {
		return nil, err
	}
	t.begin()

	listener, err := link.Listen(ctx, c.link, k)
	if err != nil {
		return nil, err
	}
	if !listener.Local() {
		k.Relay = c.link.Relay
	}
	page := ""
	if o.FindPage {
		page = listener.Page(ctx)
	}
	tellCode := func(nameplate string) {
		k.Nameplate = nameplate
		e := CodeEvent{Code: k.String(), Nameplate: k.Nameplate, Relay: k.Relay, LocalOnly: listener.Local()}
		if page != "" {
			e.Link = page + "#" + code.Code{Nameplate: k.Nameplate, Words: k.Words}.String()
		}
		t.tell(e)
	}
	tellCode(listener.Nameplate())
	t.tellRenamed(source)
	return &waitingSend{source, listener, meetingEvents{linkEvents{t}, tellCode}}, nil
}

// sendTo sends to a receiver that has proved itself.
func (c *Client) sendTo(ctx context.Context, t *transferRun, o SendOptions, source files.Source, peer *link.Peer) (Result, error) {
	t.authenticated()
	for {
		r, restarted, err := c.sendToProcess(ctx, t, o, source, peer)
		if restarted == nil {
			return r, err
		}
		// The receiver was started again. Everything is offered again, and the
		// receiver says what it already has.
		peer = restarted
		t.restarted()
	}
}

// sendToProcess sends to one process of the receiver. If the receiver is started again
// meanwhile, restarted is its new process.
func (c *Client) sendToProcess(ctx context.Context, t *transferRun, o SendOptions, source files.Source, peer *link.Peer) (r Result, restarted *link.Peer, err error) {
	sending, giveUp := context.WithCancelCause(ctx)
	defer giveUp(nil)
	l, err := peer.Connect(ctx, link.Options{
		Observer: linkEvents{t}, ReconnectTimeout: o.ReconnectTimeout, Remaining: t.remaining, Verifies: o.Verify != nil,
		Keeps: len(o.Invitation) > 0, NoPath: func() { giveUp(transfer.ErrNoPath) },
	})
	if err != nil {
		return Result{}, nil, err
	}
	defer l.Close()
	defer t.tellHello(sending, l, peer, o.Verify != nil)()
	compress, err := o.compression()
	if err != nil {
		return Result{}, nil, err
	}
	invited := false
	stop := t.reportProgress(ctx)
	sum, err := transfer.Send(sending, transferSession{l}, source, transfer.SendOptions{
		Text:    o.Text != "",
		Confirm: t.verifier(peer, o.Verify),
		Offered: t.offered,
		Accepted: func(keeps bool) {
			t.keeps = t.keeps && keeps
			if hello, err := l.Peer(sending); err == nil { // it came before
				t.named(hello)
			}
			t.accept()
		},
		Invitation: func(ctx context.Context) []byte {
			hello, err := l.Peer(ctx)
			if err != nil || !hello.Keeps || len(o.Invitation) == 0 {
				return nil
			}
			invited = true
			return o.Invitation
		},
		Observer: transferEvents{t}, Progress: &t.progress, Pause: t.pause, Limit: o.LimitRate, Compress: compress,
	})
	stop()
	var ended *transfer.CancelledError
	readable := o.Stream == nil || t.progress.SentTotal() == 0 // again
	if errors.As(err, &ended) && ended.Reason == wire.ReasonFull && readable {
		err = t.awaitRestart(ctx, l, ended)
	}
	r = t.result(sum)
	r.Invited = invited
	return r, l.Restarted(), err
}

// awaitRestart waits for a receiver whose disk was full to come back.
func (t *transferRun) awaitRestart(ctx context.Context, l *link.Link, ended *transfer.CancelledError) error {
	t.changeState(transfer.EventConnectionLost, ended.Text)
	err := l.AwaitRestart(ctx)
	if errors.Is(err, link.ErrPeerGone) {
		err = &Error{Kind: KindNetwork, Reason: ReasonPeerNotBack, Detail: ended.Text, Err: ended}
	}
	return err
}

// code returns the code in the options, or a generated one without a nameplate.
func (o SendOptions) code() (code.Code, error) {
	if o.Code == "" {
		n := cmp.Or(o.Words, DefaultWords)
		words, err := code.Generate(n)
		if err != nil {
			return code.Code{}, wordCountError(n, err)
		}
		return code.Code{Words: words}, nil
	}
	k, err := code.Parse(o.Code)
	switch {
	case err != nil:
		return code.Code{}, codeError(err)
	case k.Relay != "":
		return code.Code{}, usage(ReasonCodeNamesRelay)
	}
	if err := k.CheckStrength(); err != nil {
		return code.Code{}, codeError(err)
	}
	return k, nil
}
