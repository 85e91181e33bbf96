// Package storetest seals files and stores them at a relay, for tests of what fetches
// them: also what no honest sender stores. Start with [Store].
package storetest

import (
	"bytes"
	"context"
	"crypto/rand"
	"slices"
	"strings"
	"time"

	"github.com/tallow-transfer/tallow/internal/archive"
	"github.com/tallow-transfer/tallow/internal/container"
	"github.com/tallow-transfer/tallow/internal/rendezvous"
	"github.com/tallow-transfer/tallow/internal/storeclient"
	"github.com/tallow-transfer/tallow/internal/storelink"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// quiet is an archive.Observer that is not interested.
type quiet struct{}

func (quiet) Done(archive.Placed) {}
func (quiet) Failed(_, _ string)  {}
func (quiet) LeftOut(_, _ string) {}
func (quiet) Kept(_, _ string)    {}
func (quiet) Advanced(int64)      {}

// Sealing is what is stored, and how.
type Sealing struct {
	Source    files.Source
	Text      bool
	Password  string
	Downloads int // 0: 1; negative: any number
	Life      time.Duration
	Cost      container.Cost             // of the password; zero: a cheap one
	Change    func(sealed []byte) []byte // changes the container
}

// Seal returns a container and its keys.
func Seal(ctx context.Context, secret container.Key, s Sealing) (*container.Keys, []byte, error) {
	if s.Cost == (container.Cost{}) {
		s.Cost = container.Cost{Passes: 1, Memory: 64, Lanes: 1}
	}
	keys, err := container.New(&secret, s.Password, s.Cost)
	if err != nil {
		return nil, nil, err
	}
	summary, err := archive.Survey(ctx, s.Source, s.Text)
	if err != nil {
		return nil, nil, err
	}
	var out bytes.Buffer
	stream, err := container.NewStream(&out, keys, summary.Offer)
	if err != nil {
		return nil, nil, err
	}
	segments := container.NewWriter(stream)
	if _, err := archive.Write(ctx, segments, s.Source, quiet{}); err != nil {
		return nil, nil, err
	}
	if err := segments.Close(); err != nil {
		return nil, nil, err
	}
	return keys, out.Bytes(), nil
}

// Transfer is a transfer that lies in a store, as its sender sees it.
type Transfer struct {
	Link  storelink.Link
	Owner storeclient.Token
	// Client is a client of the relay. Close it at the end.
	Client *storeclient.Client
}

// Store stores files at a relay.
func Store(ctx context.Context, relay string, s Sealing) (_ *Transfer, err error) {
	t := &Transfer{Link: storelink.Link{Relay: "http" + strings.TrimPrefix(relay, "ws")}}
	if !strings.Contains(relay, "://") {
		t.Link.Relay = "http://" + relay
	}
	_, _ = rand.Read(t.Link.Secret[:]) // never fails
	_, _ = rand.Read(t.Owner[:])
	keys, sealed, err := Seal(ctx, t.Link.Secret, s)
	if err != nil {
		return nil, err
	}
	if s.Change != nil {
		sealed = s.Change(sealed)
	}
	endpoint, err := rendezvous.ParseRelay(t.Link.Relay)
	if err != nil {
		return nil, err
	}
	t.Client = storeclient.New(rendezvous.New(endpoint, rendezvous.Options{Version: "test"}))
	defer func() {
		if err != nil {
			t.Client.Close()
		}
	}()
	downloads := max(s.Downloads, 0)
	if s.Downloads == 0 {
		downloads = 1
	}
	state, err := t.Client.Create(ctx, storeclient.Creation{
		Size: int64(len(sealed)), Owner: t.Owner, Proof: storeclient.Proof(keys.Claim()), Life: s.Life, Downloads: downloads,
	})
	if err != nil {
		return nil, err
	}
	t.Link.ID = state.ID
	parts := 0
	for part := range slices.Chunk(sealed, partSize) {
		if err := t.Client.PutPart(ctx, state.ID, t.Owner, parts, bytes.NewReader(part), storeclient.Pace{}); err != nil {
			return nil, err
		}
		parts++
	}
	_, err = t.Client.Complete(ctx, state.ID, t.Owner, parts)
	return t, err
}

// partSize is the size of a part. No part of a container begins where one of these does.
const partSize = 3_000_000

// State returns how often it was fetched, and how many fetch it.
func (t *Transfer) State(ctx context.Context) (storeclient.State, error) {
	return t.Client.State(ctx, t.Link.ID, t.Owner)
}
