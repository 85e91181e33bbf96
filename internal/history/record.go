package history

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/tallow-transfer/tallow/internal/filelock"
	"github.com/tallow-transfer/tallow/internal/vault/sealeddb"
)

// Record is the entry of a transfer of this process.
type Record struct {
	store *Store
	id    int64
	owner *os.File // locked as long as the transfer runs
}

// Begin makes an entry for a transfer that begins, and drops those that are older
// than Retention.
func (s *Store) Begin(ctx context.Context, e Entry) (*Record, error) {
	owner, err := s.own()
	if err != nil {
		return nil, err
	}
	r := &Record{store: s, owner: owner}
	err = s.db.Change(ctx, func(tx *sql.Tx) error {
		if _, err := s.drop(ctx, tx, s.now().Add(-Retention)); err != nil {
			return err
		}
		r.id, err = s.insert(ctx, tx, e, filepath.Base(owner.Name()))
		return err
	})
	if err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// own makes the file that says that this process runs.
func (s *Store) own() (*os.File, error) {
	var name [16]byte
	_, _ = rand.Read(name[:]) // never fails
	f, err := os.OpenFile(filepath.Join(s.dir, "running", hex.EncodeToString(name[:])), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err == nil {
		// Where the file system has no locks, what runs is told as interrupted until it
		// ends.
		_, _ = filelock.Try(f)
	}
	return f, err
}

// insert adds an entry. The number comes first, because the values are sealed for it.
func (s *Store) insert(ctx context.Context, tx *sql.Tx, e Entry, owner string) (id int64, err error) {
	err = tx.QueryRowContext(ctx, `INSERT INTO entries (started, ended, direction, state, owner, names, places, peer, outcome)
		VALUES (?, 0, ?, ?, ?, x'', x'', x'', x'') RETURNING id`, e.Started.UnixMilli(), e.Direction, Running, owner).Scan(&id)
	if err != nil {
		return 0, err
	}
	return id, s.update(ctx, tx, id, e)
}

// update writes an entry, but for what it began with.
func (s *Store) update(ctx context.Context, tx *sql.Tx, id int64, e Entry) error {
	e = e.bounded()
	seal := func(column string, value []byte) []byte {
		return s.db.Seal(cell{Table: "entries", Column: column}, id, value)
	}
	result, err := tx.ExecContext(ctx, `UPDATE entries SET ended = ?, state = ?, names = ?, places = ?, peer = ?, outcome = ? WHERE id = ?`,
		milliseconds(e.Ended), e.State, seal("names", e.appendNames(nil)), seal("places", e.appendPlaces(nil)),
		seal("peer", e.appendPeer(nil)), seal("outcome", e.Outcome.append(nil)), id)
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return err // it was cleared meanwhile, and stays so
	}
	_, err = tx.ExecContext(ctx, "INSERT OR REPLACE INTO texts (id, text) VALUES (?, ?)",
		id, s.db.Seal(cell{Table: "texts", Column: "text"}, id, e.text()))
	return err
}

// Save writes what is known of the transfer now. One that has ended is saved once.
func (r *Record) Save(ctx context.Context, e Entry) error {
	return r.store.db.Change(ctx, func(tx *sql.Tx) error {
		err := r.store.update(ctx, tx, r.id, e)
		if err == nil && e.State != Running {
			err = r.store.pack(ctx, tx)
		}
		return err
	})
}

// Close says that the process has done with the transfer. If it was not saved with
// its end, it is told as interrupted.
func (r *Record) Close() error {
	err := r.owner.Close() // first, since not every system removes what is open
	return errors.Join(err, ignoreMissing(os.Remove(r.owner.Name())))
}

// settle marks the entries of processes that do not run any more.
func (s *Store) settle(ctx context.Context) error {
	dead := make(map[string]bool)
	err := sealeddb.Each(ctx, s.db, func(rows *sql.Rows) error {
		var owner string
		err := rows.Scan(&owner)
		dead[owner] = true
		return err
	}, "SELECT owner FROM entries WHERE state = 'running'")
	if err != nil {
		return err
	}
	for owner := range dead {
		path := filepath.Join(s.dir, "running", filepath.Base(owner))
		if s.runs(path) {
			continue
		}
		if _, err := s.db.ExecContext(ctx, "UPDATE entries SET state = ? WHERE state = 'running' AND owner = ?", Interrupted, owner); err != nil {
			return err
		}
		_ = os.Remove(path) // the next one tries again
	}
	return nil
}

// runs reports whether a process has the file locked.
func (s *Store) runs(path string) bool {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return !errors.Is(err, fs.ErrNotExist)
	}
	defer f.Close()
	held, _ := filelock.Try(f)
	return held
}

func milliseconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
