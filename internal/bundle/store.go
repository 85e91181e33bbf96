package bundle

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/tallow-transfer/tallow/pkg/files"
)

// maxSeals is how many unfinished transfers are tried with a code, newest first.
const maxSeals = 8

var errNoBundle = errors.New("no transfer is being received")

// Store is all that a device has received and not saved or deleted. It is a
// files.Resumable for one transfer: Begin opens the unfinished bundle of the same
// names, or a new one.
type Store struct {
	storage Storage

	mu     sync.Mutex
	chosen *Bundle // of the transfer that runs
	kept   []Kept  // when the Store was opened
	sealed [][]byte
	claims [][]byte // likewise, of finished bundles
}

// Kept is what a store says about a bundle.
type Kept struct {
	Name     string
	Names    []string // of the offer
	Began    time.Time
	Bytes    int64 // of complete files, or verified
	Files    int64
	Finished bool
	Saved    time.Time // zero if it was not
}

// OpenStore reads what there is in a storage.
func OpenStore(ctx context.Context, storage Storage) (*Store, error) {
	s := &Store{storage: storage}
	return s, s.read(ctx)
}

// read lists the bundles. One that is open elsewhere belongs to another process,
// and one without an offer is of no use.
func (s *Store) read(ctx context.Context) error {
	unlock, err := s.storage.Lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	all, err := s.storage.List(ctx)
	if err != nil {
		return err
	}
	type seal struct {
		at    time.Time
		bytes []byte
	}
	var seals []seal
	for _, name := range all {
		b, err := openIn(ctx, s.storage, name)
		if err != nil {
			continue
		}
		k := b.kept()
		switch {
		case b.sealed == nil:
		case b.finished:
			s.claims = append(s.claims, b.sealed)
		default:
			seals = append(seals, seal{b.began, b.sealed})
		}
		if err := b.Close(); err != nil {
			return err
		}
		if len(k.Names) == 0 {
			_ = s.storage.Remove(ctx, name)
			continue
		}
		s.kept = append(s.kept, k)
	}
	slices.SortFunc(s.kept, func(x, y Kept) int { return y.Began.Compare(x.Began) })
	slices.SortFunc(seals, func(x, y seal) int { return y.at.Compare(x.at) })
	for _, x := range seals[:min(len(seals), maxSeals)] {
		s.sealed = append(s.sealed, x.bytes)
	}
	return nil
}

// Use opens a bundle for as long as f takes. Errors: the storage's, f's.
func Use(ctx context.Context, storage Storage, name string, f func(*Bundle) error) error {
	unlock, err := storage.Lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	b, err := openIn(ctx, storage, name)
	if err != nil {
		return err
	}
	return errors.Join(f(b), b.Close())
}

// openIn opens a bundle, which it creates if it is not there. The caller holds the
// lock.
func openIn(ctx context.Context, storage Storage, name string) (*Bundle, error) {
	data, journal, err := storage.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	b, err := open(name, data, journal, storage.Free)
	if err != nil {
		return nil, errors.Join(err, data.Close(), journal.Close())
	}
	return b, nil
}

func (b *Bundle) kept() Kept {
	k := Kept{Name: b.name, Names: b.names, Began: b.began, Finished: b.finished, Saved: b.saved}
	for _, it := range b.byPath {
		if it.stale {
			continue
		}
		for _, block := range it.blocks {
			k.Bytes += block.Size
		}
		if it.done && it.Kind != files.KindDir {
			k.Files++
		}
	}
	return k
}

// Kept returns what there is, newest first.
func (s *Store) Kept() []Kept { return s.kept }

// Remove deletes a bundle.
func (s *Store) Remove(ctx context.Context, name string) error { return s.storage.Remove(ctx, name) }

// MarkSaved records that a bundle was handed to the person.
func (b *Bundle) MarkSaved(at time.Time) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.saved = at
	return b.record(record{Saved: &at})
}

// unfinished returns the newest unfinished bundle of these names, in any order.
func (s *Store) unfinished(names []string) (Kept, bool) {
	want := sorted(names)
	for _, k := range s.kept {
		if !k.Finished && slices.Equal(sorted(k.Names), want) {
			return k, true
		}
	}
	return Kept{}, false
}

func sorted(names []string) []string {
	return slices.SortedFunc(slices.Values(names), cmp.Compare[string])
}

// Remembered implements files.Resumable.
func (s *Store) Remembered() [][]byte { return s.sealed }

// Claims returns what Remember has stored in bundles that are finished. Whoever received
// such a bundle may have ended before it could tell.
func (s *Store) Claims() [][]byte { return s.claims }

// Interrupted implements files.Resumable.
func (s *Store) Interrupted(names []string) bool {
	_, ok := s.unfinished(names)
	return ok
}

// Begin implements files.Destination.
func (s *Store) Begin(ctx context.Context, names []string, stored int64) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	unlock, err := s.storage.Lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	var b *Bundle
	if k, ok := s.unfinished(names); ok {
		b, _ = openIn(ctx, s.storage, k.Name) // if it was opened elsewhere meanwhile, a new one is made
	}
	if b == nil {
		if b, err = openIn(ctx, s.storage, newName()); err != nil {
			return err
		}
	}
	s.chosen = b
	return b.Begin(ctx, names, stored) // after which others see an offer in it
}

func newName() string {
	var id [8]byte
	_, _ = rand.Read(id[:]) // never fails
	return hex.EncodeToString(id[:])
}

// Chosen returns the bundle of the transfer, nil before Begin.
func (s *Store) Chosen() *Bundle {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.chosen
}

// Prepare implements files.Destination.
func (s *Store) Prepare(ctx context.Context, number uint64, e files.Entry) (files.File, error) {
	b := s.Chosen()
	if b == nil {
		return nil, errNoBundle
	}
	return b.Prepare(ctx, number, e)
}

// Commit implements files.Destination.
func (s *Store) Commit(ctx context.Context, verified []files.File) []error {
	return s.Chosen().Commit(ctx, verified)
}

// Finish implements files.Destination.
func (s *Store) Finish(ctx context.Context) error { return s.Chosen().Finish(ctx) }

// Remember implements files.Resumable.
func (s *Store) Remember(sealed []byte) error {
	b := s.Chosen()
	if b == nil {
		return errNoBundle
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sealed = sealed
	return b.record(record{Sealed: sealed})
}

// Keep implements files.Resumable: every bundle with an offer is kept.
func (s *Store) Keep() {}

// Close closes the bundle of the transfer. What has arrived is kept.
func (s *Store) Close() error {
	if b := s.Chosen(); b != nil {
		return b.Close()
	}
	return nil
}

// Name returns the bundle's name in the storage.
func (b *Bundle) Name() string { return b.name }

// Finished reports whether everything of the offer is there.
func (b *Bundle) Finished() bool { return b.finished }
