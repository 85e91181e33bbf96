package tallow

import (
	"bytes"
	"context"
	"errors"

	"github.com/tallow-transfer/tallow/internal/archive"
	"github.com/tallow-transfer/tallow/internal/container"
	"github.com/tallow-transfer/tallow/internal/rendezvous"
	"github.com/tallow-transfer/tallow/internal/storeclient"
	"github.com/tallow-transfer/tallow/internal/storelink"
	"github.com/tallow-transfer/tallow/internal/transfer"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// fetch receives what a relay has stored: the offer is shown before a download is
// claimed, and the download counts once everything is verified and in place.
func (c *Client) fetch(ctx context.Context, t *transferRun, o ReceiveOptions) (Result, error) {
	t.stored = true
	l, err := storelink.Parse(o.Code)
	keyless := errors.Is(err, storelink.ErrNoKey)
	if err != nil && !keyless {
		return Result{}, linkError(err)
	}
	t.keeps = o.keeps()
	t.begin()
	if o.Output != "" {
		if err := checkOutput(ctx, o.Output); err != nil {
			return Result{}, err
		}
	}
	store, err := c.storeOf(l)
	if err != nil {
		return Result{}, err
	}
	defer store.Close()
	f := &fetching{
		client: c, run: t, o: o, link: l, store: store,
		outage: &outage{run: t, patience: o.ReconnectTimeout},
	}
	if keyless {
		if err := f.askWords(ctx); err != nil {
			return Result{}, storedContainer(err)
		}
	}
	r, err := f.fetch(ctx)
	return r, storedContainer(err)
}

// storeOf returns a client of the store that a link names. It does not get the password
// of Config.Relay: whoever makes a link chooses the relay.
func (c *Client) storeOf(l storelink.Link) (*storeclient.Client, error) {
	endpoint, err := rendezvous.ParseRelay(l.Relay)
	if err != nil {
		return nil, &Error{Kind: KindCode, Reason: ReasonLinkForm, Detail: err.Error(), Err: err}
	}
	return storeclient.New(rendezvous.New(endpoint, rendezvous.Options{
		Version: c.link.Version, Logger: c.link.Logger, Pins: c.link.RelayPins,
	})), nil
}

// fetching is a Receive of a stored transfer.
type fetching struct {
	client *Client
	run    *transferRun
	o      ReceiveOptions
	link   storelink.Link
	store  *storeclient.Client
	keys   *container.Keys
	outage *outage
	claim  *claim
}

func (f *fetching) fetch(ctx context.Context) (Result, error) {
	offer, err := f.offer(ctx)
	if err != nil {
		return Result{}, err
	}
	t := f.run
	t.progress.Total.Store(offer.Bytes)
	t.beginAlone()
	offered := f.o.offered(ctx, offer.Offer, transfer.Preview{Entries: offer.First, Whole: offer.Whole})
	t.tell(OfferEvent{offered})
	if err := f.o.accept(ctx, offered); err != nil {
		return Result{}, err
	}
	t.accept()

	f.claim = newClaim(ctx, f.client, f.link, f.o)
	defer f.claim.close()
	out := output{o: f.o, log: f.client.log, descriptors: f.client.descriptors, close: func() {}, begun: f.claim.begun, tell: t.tell}
	defer func() { out.close() }()
	dest, err := out.open(ctx, offer.Offer)
	t.keeps = out.resume != nil
	if err != nil {
		return Result{}, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := t.reportProgress(ctx)
	sum, err := f.read(ctx, offer, dest)
	if err == nil {
		err = f.commit(ctx, sum)
	}
	stop()
	r := t.archived(sum)
	r.Sent = t.progress.SentTotal()
	clear(r.Lanes) // there were none
	r.Text, r.Folder = out.text(), out.folder
	if err == nil && out.folder != "" {
		for _, l := range leftovers(ctx, out.folder) {
			t.tell(l)
		}
	}
	return r, err
}

// offer reads what is offered and opens it.
func (f *fetching) offer(ctx context.Context) (archive.Offer, error) {
	var preface []byte
	err := f.outage.try(ctx, refusedForNow, func() (err error) {
		preface, err = f.store.Offer(ctx, f.link.ID)
		return err
	})
	if err != nil {
		return archive.Offer{}, err
	}
	header, err := container.ParseHeader(preface[:container.HeaderSize])
	if err != nil {
		return archive.Offer{}, err
	}
	if err := f.unlock(ctx, header); err != nil {
		return archive.Offer{}, err
	}
	opened, err := container.ReadOffer(bytes.NewReader(preface[container.HeaderSize:]), f.keys)
	if err != nil {
		return archive.Offer{}, err
	}
	return archive.ParseOffer(opened)
}

// unlock opens the header with the key of the link, and with a password if there is
// one. A wrong password may be tried again.
func (f *fetching) unlock(ctx context.Context, h *container.Header) (err error) {
	secret := container.Key(f.link.Secret)
	if !h.NeedsSecret() {
		return &Error{Kind: KindIntegrity, Reason: ReasonContainerContent, Detail: "it has no key"}
	}
	if !h.NeedsPassword() {
		if f.keys, err = h.Open(&secret, ""); errors.Is(err, container.ErrKey) {
			return &Error{Kind: KindCode, Reason: ReasonLinkWrongKey, Err: err}
		}
		return err
	}
	if f.o.Password == nil {
		return &Error{Kind: KindCode, Reason: ReasonStoredPassword}
	}
	for wrong := false; ; wrong = true {
		password, err := f.o.Password(ctx, wrong)
		if err != nil {
			return err
		}
		if f.keys, err = h.Open(&secret, password); !errors.Is(err, container.ErrKey) {
			return err
		}
	}
}

// read reads the container into the destination. The download is claimed when the first
// byte of it is needed, so not before the destination has begun.
func (f *fetching) read(ctx context.Context, offer archive.Offer, dest files.Destination) (archive.Result, error) {
	t := f.run
	throttle := transfer.NewThrottle(f.o.LimitRate, &t.progress, t.pause)
	stop := t.followPauses(ctx, throttle)
	defer stop()
	r := &claimedReader{f: f, ctx: ctx, throttle: throttle}
	defer r.close()
	sum, err := archive.Read(ctx, r, offer.Offer, dest, archive.ReadOptions{
		Observer: fetchEvents{archiveEvents{t}}, MaxBytes: f.o.MaxBytes,
		Skipped: func(n int64) {
			t.progress.There.Add(n)
			t.progress.Sent[0].Add(-n)
		},
	})
	switch {
	case errors.Is(err, archive.ErrTooLarge):
		err = &transfer.TooLargeError{Limit: f.o.MaxBytes, Begun: true}
	case err == nil && sum.Corrupt > 0:
		err = &Error{Kind: KindIntegrity, Reason: ReasonContainerContent, Detail: "a file is not what its hash says"}
	}
	return sum, err
}

// commit tells the store that everything has arrived. A download of which something
// could not be put in place does not count, so that it can be fetched again.
func (f *fetching) commit(ctx context.Context, sum archive.Result) error {
	if sum.Failed > 0 {
		return nil
	}
	err := f.outage.try(ctx, passing, func() error { return f.store.Commit(ctx, f.link.ID, storeclient.ClaimID(f.claim.name)) })
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil:
		// The files are in place, and that is what the person wants to know.
		f.client.log.Warn("the relay does not know that everything has arrived", "reason", err)
		return nil
	}
	f.claim.forget()
	return nil
}

// fetchEvents are archiveEvents that count what crossed the network.
type fetchEvents struct{ archiveEvents }

// Advanced counts bytes.
func (e fetchEvents) Advanced(n int64) {
	e.run.progress.Sent[0].Add(n)
	e.archiveEvents.Advanced(n)
}

// followPauses tells of pauses until stop is called.
func (t *transferRun) followPauses(ctx context.Context, throttle *transfer.Throttle) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		throttle.Follow(ctx, func(paused bool) {
			if paused {
				t.changeState(transfer.EventPaused, "")
			} else {
				t.changeState(transfer.EventResumed, "")
			}
		})
	}()
	return func() {
		cancel()
		<-done
	}
}
