package tallow

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"time"

	"github.com/tallow-transfer/tallow/internal/archive"
	"github.com/tallow-transfer/tallow/internal/container"
	"github.com/tallow-transfer/tallow/internal/storeclient"
	"github.com/tallow-transfer/tallow/internal/storelink"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// storing is a Store while it runs.
type storing struct {
	client  *Client
	run     *transferRun
	o       StoreOptions
	relay   *storeclient.Client
	source  files.Source
	summary archive.Summary
	outage  *outage

	link   storelink.Link
	owner  storeclient.Token
	keys   *container.Keys
	state  storeclient.State // when it began
	record StoredRecord      // nil: nobody keeps it
	kept   Stored
	expiry expiry
	stored bool // all of it
}

// store stores everything.
func (s *storing) store(ctx context.Context) (Result, error) {
	t := s.run
	t.progress.Total.Store(s.summary.Entries.Bytes)
	found, err := s.resume(ctx)
	if err != nil {
		return Result{}, err
	}
	var r Result
	switch {
	case found && s.state.Complete:
		t.beginAlone()
		t.offered(s.summary.Entries)
		r = t.archived(archive.Result{Files: s.summary.Entries.Files, Bytes: s.summary.Entries.Bytes})
		r.Sent = 0
	case s.summary.Size < 0:
		r, err = s.storeStream(ctx)
	default:
		r, err = s.storeFiles(ctx, found)
	}
	if err != nil {
		return r, err
	}
	s.stored = true
	s.kept.Complete, s.kept.Expires = true, s.state.Expires
	if s.record != nil {
		if err := s.record.Save(ctx, s.kept); err != nil {
			return r, err
		}
	}
	t.tell(StoredEvent{
		Link: s.kept.Link, ID: s.kept.ID, Relay: s.link.Relay, Expires: s.state.Expires, Downloads: s.state.Downloads,
	})
	return r, nil
}

// storeFiles stores what can be read again, all of it or the rest.
func (s *storing) storeFiles(ctx context.Context, found bool) (Result, error) {
	t := s.run
	if !found {
		if err := s.create(ctx, container.SealedSize(s.summary.Size)); err != nil {
			return Result{}, err
		}
	}
	t.keeps = s.resumable()
	t.beginAlone()
	t.offered(s.summary.Entries)
	stop := t.reportProgress(ctx)
	u := s.newUpload(ctx)
	w := container.NewWriter(u)
	sum, err := archive.Write(u.ctx, w, s.source, storeEvents{archiveEvents{t}})
	if err == nil {
		err = w.Close()
	}
	err = u.end(err)
	stop()
	r := t.archived(sum)
	r.Sent = t.progress.SentTotal()
	if storeclient.Refused(err, storeclient.TooLarge) || err == nil && found && sum.Layout != s.summary.Layout {
		// There is more than was announced, or what is stored has other places for what came now.
		s.forget(ctx)
		return r, &Error{Kind: KindIO, Reason: ReasonStoreChanged, Err: err}
	}
	if err != nil {
		return r, err
	}
	return r, s.complete(ctx, u.parts)
}

// create begins a transfer at the relay, and keeps what is needed to go on with it.
func (s *storing) create(ctx context.Context, size int64) error {
	if s.keys == nil {
		if err := s.makeKeys(); err != nil {
			return err
		}
	}
	_, _ = rand.Read(s.owner[:]) // never fails
	err := s.outage.try(ctx, refusedForNow, func() (err error) {
		s.state, err = s.relay.Create(ctx, storeclient.Creation{
			Size: size, Owner: s.owner, Proof: s.keys.Claim(), Life: s.o.expires(), Downloads: s.o.downloads(),
			Password: s.client.link.RelayPassword, Token: s.o.Token, Notify: s.o.Notify,
		})
		return err
	})
	if err != nil {
		return err
	}
	s.link.ID = s.state.ID
	if err := s.o.served(s.client.link.Relay, s.state); err != nil {
		s.forget(ctx)
		return err
	}
	if s.state.PartSegments > maxPartSegments {
		return &storeclient.Error{Word: storeclient.TooLarge, Message: "Its parts would be too large for a browser."}
	}
	if s.link.Relay, err = s.relay.Address(ctx); err != nil {
		return err
	}
	s.expiry.set(s.state.Expires.Sub(s.state.Created))
	e := s.summary.Entries
	s.kept = Stored{
		ID: s.state.ID.String(), Link: s.link.String(), Owner: hex.EncodeToString(s.owner[:]),
		Created: s.state.Created, Expires: s.state.Expires, Downloads: s.state.Downloads, Password: s.o.Password != "",
		Names: e.Names, Files: e.Files, Bytes: e.Bytes, Text: e.Text, Notify: s.o.Notify,
		Header: s.keys.Header().Bytes(), Layout: s.summary.Layout[:], Size: size,
	}
	if s.o.Keeper != nil {
		s.record, err = s.o.Keeper.Add(ctx, s.o.key(s.client.link.Relay), s.kept)
	}
	return err
}

// makeKeys makes the secret of the link and the keys of the container.
func (s *storing) makeKeys() (err error) {
	_, _ = rand.Read(s.link.Secret[:]) // never fails
	secret := container.Key(s.link.Secret)
	s.keys, err = container.New(&secret, s.o.Password, container.DefaultCost())
	return err
}

// resume takes up what an interrupted Store left, if it can.
func (s *storing) resume(ctx context.Context) (found bool, err error) {
	key := s.o.key(s.client.link.Relay)
	if s.o.Keeper == nil || key == nil {
		return false, nil
	}
	if s.record, err = s.o.Keeper.Take(ctx, key); err != nil || s.record == nil {
		return false, err
	}
	s.kept = s.record.Stored()
	why, err := s.takeUp(ctx)
	if err != nil {
		return false, err
	}
	s.run.tell(StoreResumeEvent{Anew: why})
	if why == "" {
		return true, nil
	}
	s.forget(ctx)
	s.keys = nil
	return false, nil
}

// takeUp opens what was kept, and says why it cannot be used, if so.
func (s *storing) takeUp(ctx context.Context) (AnewReason, error) {
	var err error
	if s.link, s.owner, err = s.kept.parse(); err != nil {
		return AnewGone, nil
	}
	header, err := container.ParseHeader(s.kept.Header)
	if err != nil {
		return AnewGone, nil
	}
	if s.kept.Size != container.SealedSize(s.summary.Size) || !bytes.Equal(s.kept.Layout, s.summary.Layout[:]) {
		return AnewChanged, nil
	}
	secret := container.Key(s.link.Secret)
	s.keys, err = header.Open(&secret, s.o.Password)
	switch {
	case errors.Is(err, container.ErrKey):
		return AnewPassword, nil
	case err != nil:
		return AnewGone, nil
	}
	err = s.outage.try(ctx, refusedForNow, func() (err error) {
		s.state, err = s.relay.State(ctx, s.link.ID, s.owner)
		return err
	})
	switch {
	case storeclient.Refused(err, storeclient.Unknown):
		return AnewGone, nil
	case err != nil:
		return "", err
	}
	if err := s.o.served(s.client.link.Relay, s.state); err != nil {
		return "", err
	}
	// The upload may take as long as the first one did.
	s.expiry.life = s.o.expires()
	return "", s.extend(ctx)
}

// complete makes the transfer one that can be fetched, and one that lives as long as it
// should from now on.
func (s *storing) complete(ctx context.Context, parts int) error {
	err := s.outage.try(ctx, passing, func() (err error) {
		s.state, err = s.relay.Complete(ctx, s.link.ID, s.owner, parts)
		return err
	})
	if err != nil || !s.expiry.due(20) {
		return err
	}
	return s.extend(ctx)
}

// extend makes the transfer expire later.
func (s *storing) extend(ctx context.Context) error {
	return s.outage.try(ctx, passing, func() error {
		state, err := s.relay.Extend(ctx, s.link.ID, s.owner, s.o.expires())
		if err == nil {
			s.state.Expires = state.Expires
			s.expiry.set(s.expiry.life)
		}
		return err
	})
}

// expires returns how long the transfer is to live.
func (o StoreOptions) expires() time.Duration {
	if o.Expires == 0 {
		return DefaultExpires
	}
	return o.Expires
}

// farewell is how long a relay may take to be told that an upload is given up.
const farewell = 5 * time.Second

// forget removes what is stored so far, here and at the relay. There it would expire
// anyhow.
func (s *storing) forget(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), farewell)
	defer cancel()
	if err := s.relay.Delete(ctx, s.link.ID, s.owner); err != nil && !storeclient.Refused(err, storeclient.Unknown) {
		s.client.log.Info("an upload that was given up stays at the relay until it expires", "reason", err)
	}
	s.link.ID = storelink.ID{}
	if s.record == nil {
		return
	}
	if err := s.record.Remove(ctx); err != nil {
		s.client.log.Warn("an upload that was given up is still listed", "reason", err)
	}
	s.record = nil
}

// resumable reports whether another Store can go on with this one.
func (s *storing) resumable() bool { return s.record != nil && s.o.key(s.client.link.Relay) != nil }

// close ends the Store. What nobody can go on with does not stay at the relay.
func (s *storing) close(ctx context.Context) {
	if !s.stored && !s.resumable() && s.link.ID != (storelink.ID{}) {
		s.forget(ctx)
	}
	if s.record != nil {
		if err := s.record.Close(); err != nil {
			s.client.log.Warn("what is kept of a stored transfer cannot be closed", "reason", err)
		}
	}
}

// storeEvents are archiveEvents that leave it to the upload to count bytes.
type storeEvents struct{ archiveEvents }

// Advanced counts nothing: what was read is not stored yet.
func (storeEvents) Advanced(int64) {}

// expiry knows when a transfer has to be extended, so that an upload that takes long
// does not expire in the middle.
type expiry struct {
	life time.Duration
	at   time.Time // when the relay last counted it from now, by the clock here
}

// set notes that the life counts from now.
func (e *expiry) set(life time.Duration) { e.life, e.at = life, time.Now() }

// due reports whether a part of the life has passed: one half, one twentieth.
func (e *expiry) due(part int) bool { return time.Since(e.at) > e.life/time.Duration(part) }
