package main

import (
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"slices"

	"github.com/tallow-transfer/tallow/internal/storedlist"
	"github.com/tallow-transfer/tallow/internal/vault/devicekey"
	"github.com/tallow-transfer/tallow/internal/vault/sealeddb"
	"github.com/tallow-transfer/tallow/pkg/tallow"
)

// storedDir is the folder of the list of what is stored.
func (p *program) storedDir() string { return filepath.Join(p.stateDir(), storedFolder) }

// openStored opens the list, as openHistory opens the history.
func (p *program) openStored(ctx context.Context, create bool, warn func(reason, format string, args ...any)) (s *storedlist.Store, err error) {
	if p.stateDir() == "" {
		return nil, errNoStateDir
	}
	ctx, cancel := context.WithTimeout(ctx, historyPatience)
	defer cancel()
	err = p.keyStore().Use(ctx, create, func(o devicekey.Opened) (err error) {
		p.keyWarnings(o, warn)
		s, err = storedlist.Open(ctx, p.storedDir(), o.Key, nil)
		return err
	})
	return s, err
}

// storedCause says why the list cannot be used.
func (p *program) storedCause(err error) (text, hint string) {
	const goesOn = "What is stored stays at its relay until it expires. To begin a new list: tallow vault destroy"
	switch {
	case errors.Is(err, sealeddb.ErrWrongKey):
		return "it was sealed with another key", "Restore " + p.keyFile() + " from a backup. " + goesOn
	case errors.Is(err, devicekey.ErrLost), errors.Is(err, sealeddb.ErrDamaged):
		text, _ = p.historyCause(err)
		return text, goesOn
	}
	return p.historyCause(err)
}

// storedFailure is the error of a command about what is stored.
func (p *program) storedFailure(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return interrupted()
	}
	text, hint := p.storedCause(err)
	return &failure{kind: tallow.KindIO, message: "the list of what is stored cannot be used: " + text, hint: hint, err: err}
}

// withStored calls f with the list, if there is one.
func (p *program) withStored(ctx context.Context, f func(*storedlist.Store) error) error {
	warn := newScreen(p).warn
	if p.json {
		warn = newEncoder(p.events(), nil).warn
	}
	s, err := p.openStored(ctx, false, warn)
	if errors.Is(err, devicekey.ErrNone) {
		return nil
	}
	if err == nil {
		err = firstOf(f(s), s.Close())
	}
	if err == nil || errors.As(err, new(*failure)) {
		return err
	}
	return p.storedFailure(ctx, err)
}

// decodeStored returns what an entry keeps.
func decodeStored(e storedlist.Entry) (s tallow.Stored, err error) {
	if err := json.Unmarshal(e.Data, &s); err != nil {
		return s, errors.Join(sealeddb.ErrDamaged, err)
	}
	return s, nil
}

// encodeStored puts what is to be kept into an entry.
func encodeStored(e storedlist.Entry, s tallow.Stored) (storedlist.Entry, error) {
	var err error
	e.Open, e.Until = !s.Complete, s.Expires
	e.Data, err = json.Marshal(s)
	return e, err
}

// storedKeeper keeps in the list what is stored. Where there is no list, nothing is
// kept, which is told once.
type storedKeeper struct {
	program *program
	warn    func(reason, format string, args ...any)
	mails   []storedlist.Mail // that are to be sent once it is stored
	list    *storedlist.Store // nil before it is needed, and if it cannot be used
	failed  bool

	stored tallow.Stored // as it was kept last
	number int64         // of its entry; 0: it has none
}

// open opens the list; false if it cannot be used.
func (k *storedKeeper) open(ctx context.Context) bool {
	if k.list != nil || k.failed {
		return k.list != nil
	}
	list, err := k.program.openStored(ctx, true, k.warn)
	if err != nil {
		k.fail(err)
		return false
	}
	k.list = list
	return true
}

// fail tells that nothing is kept.
func (k *storedKeeper) fail(err error) {
	k.failed = true
	text, _ := k.program.storedCause(err)
	k.warn("not-listed", "This is not in the list of what is stored, and cannot go on after an interruption: %s.", text)
}

// event notes what a store that nobody can keep has come to.
func (k *storedKeeper) event(e tallow.Event) {
	if stored, ok := e.(tallow.StoredEvent); ok && k != nil {
		k.stored.Complete, k.stored.Expires = true, stored.Expires
	}
}

// close closes the list.
func (k *storedKeeper) close() {
	if k.list != nil {
		_ = k.list.Close() // everything in it was committed
	}
}

// Take implements tallow.StoredKeeper.
func (k *storedKeeper) Take(ctx context.Context, key []byte) (tallow.StoredRecord, error) {
	if !k.open(ctx) {
		return nil, nil
	}
	r, err := k.list.Take(ctx, key)
	if err != nil || r == nil {
		if err != nil {
			k.fail(err)
		}
		return nil, nil
	}
	s, err := decodeStored(r.Entry())
	if err == nil {
		err = k.queueMails(ctx, r.Entry().Number)
	}
	if err != nil {
		k.fail(errors.Join(err, r.Close()))
		return nil, nil
	}
	k.stored, k.number = s, r.Entry().Number
	return &keptRecord{k, r, s}, nil
}

// queueMails adds the mails that are not in the queue of a transfer yet.
func (k *storedKeeper) queueMails(ctx context.Context, number int64) error {
	if len(k.mails) == 0 {
		return nil
	}
	there, err := k.list.Mails(ctx, number)
	if err != nil {
		return err
	}
	var missing []storedlist.Mail
	for _, m := range k.mails {
		if !slices.ContainsFunc(there, func(t storedlist.Mail) bool { return t.To == m.To && t.Relay == m.Relay }) {
			missing = append(missing, m)
		}
	}
	return k.list.AddMails(ctx, number, missing)
}

// Add implements tallow.StoredKeeper.
func (k *storedKeeper) Add(ctx context.Context, key []byte, s tallow.Stored) (tallow.StoredRecord, error) {
	k.stored, k.number = s, 0
	if !k.open(ctx) {
		return nil, nil
	}
	e, err := encodeStored(storedlist.Entry{Key: key}, s)
	if err != nil {
		return nil, err
	}
	r, err := k.list.Add(ctx, e)
	if err == nil {
		if err = k.queueMails(ctx, r.Entry().Number); err != nil {
			err = errors.Join(err, r.Close())
		}
	}
	if err != nil {
		k.fail(err)
		return nil, nil
	}
	k.number = r.Entry().Number
	return &keptRecord{k, r, s}, nil
}

// keptRecord is an entry of the list.
type keptRecord struct {
	keeper *storedKeeper
	record *storedlist.Record
	stored tallow.Stored
}

// Stored implements tallow.StoredRecord.
func (r *keptRecord) Stored() tallow.Stored { return r.stored }

// Save implements tallow.StoredRecord. What is stored is stored, whether the list can be
// written or not.
func (r *keptRecord) Save(ctx context.Context, s tallow.Stored) error {
	e, err := encodeStored(r.record.Entry(), s)
	if err != nil {
		return err
	}
	r.stored, r.keeper.stored = s, s
	if err := r.record.Save(ctx, e); err != nil {
		r.keeper.fail(err)
	}
	return nil
}

// Remove implements tallow.StoredRecord.
func (r *keptRecord) Remove(ctx context.Context) error { return r.record.Remove(ctx) }

// Close implements tallow.StoredRecord.
func (r *keptRecord) Close() error { return r.record.Close() }
