// Package storedlist keeps what this machine has to know of the transfers that it has
// stored at relays, sealed, in one SQLite database that any number of processes share.
// Start with [Open], [Store.Add] and [Store.List].
//
// All of an entry is sealed (package sealeddb), also what it is found by: the list is
// short. While a process works on an entry it holds a lock on a file of the folder
// uploading, so that no other one takes it. The mails about the transfers are there too,
// as a queue that survives its process: [Store.AddMails], [Store.LockMails].
package storedlist

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/tallow-transfer/tallow/internal/filelock"
	"github.com/tallow-transfer/tallow/internal/vault/devicekey"
	"github.com/tallow-transfer/tallow/internal/vault/sealeddb"
)

// Retention is how long an entry is kept after its transfer has expired.
const Retention = 7 * 24 * time.Hour

// The errors of a list, beside those of sealeddb.
var (
	// ErrNoEntry means that there is no entry of that number.
	ErrNoEntry = errors.New("there is no such stored transfer in the list")
)

// Entry is a stored transfer.
type Entry struct {
	Number  int64     `json:"-"` // 1, 2, 3, in the order in which they were added
	Running bool      `json:"-"` // a process works on it
	Key     []byte    `json:"key,omitempty"`
	Open    bool      `json:"open"`  // its upload has not ended
	Until   time.Time `json:"until"` // when it expires
	Data    []byte    `json:"data"`
}

// maxData bounds the data of an entry, in bytes.
const maxData = 1 << 20

var errTooLong = fmt.Errorf("more than %d bytes to keep of a stored transfer", maxData)

// cell is where entries are.
func cell() sealeddb.Cell { return sealeddb.Cell{Table: "transfers", Column: "entry"} }

func schema() sealeddb.Schema {
	return sealeddb.Schema{
		File: "stored.db", Use: "stored", Cells: []sealeddb.Cell{cell(), mailCell()},
		Migrations: []string{`
			CREATE TABLE meta (
				id    INTEGER PRIMARY KEY,
				known BLOB NOT NULL
			) STRICT;
			CREATE TABLE transfers (
				id    INTEGER PRIMARY KEY AUTOINCREMENT,
				entry BLOB NOT NULL
			) STRICT;`, `
			CREATE TABLE mails (
				id       INTEGER PRIMARY KEY AUTOINCREMENT,
				transfer INTEGER NOT NULL,
				mail     BLOB NOT NULL
			) STRICT;
			CREATE INDEX mails_of ON mails (transfer);`},
	}
}

// Files returns the names of all files of a list in its folder.
func Files() []string { return append(schema().Files(), uploading, mailing, "lock") }

// The folders with the locks: of uploads, and of mails that are being sent.
const (
	uploading = "uploading"
	mailing   = "mailing"
)

// Store is an open list. It may be used by several goroutines.
type Store struct {
	dir string
	db  *sealeddb.DB
	now func() time.Time
}

// Open opens the list in a folder of its user's alone, which it makes if there is none.
// key is the device key; it is not needed after Open. now returns the time; nil:
// time.Now. Errors are those of sealeddb.Open.
func Open(ctx context.Context, dir string, key *devicekey.Key, now func() time.Time) (*Store, error) {
	if now == nil {
		now = time.Now
	}
	for _, folder := range []string{uploading, mailing} {
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o700); err != nil {
			return nil, err
		}
	}
	db, err := sealeddb.Open(ctx, dir, schema(), key)
	if err != nil {
		return nil, err
	}
	return &Store{dir: dir, db: db, now: now}, nil
}

// Close closes the list.
func (s *Store) Close() error { return s.db.Close() }

// List returns all entries, the oldest first, and drops those that expired longer than
// Retention ago.
func (s *Store) List(ctx context.Context) (all []Entry, err error) {
	var over []int64
	err = s.each(ctx, func(e Entry) error {
		if s.now().Sub(e.Until) > Retention {
			over = append(over, e.Number)
			return nil
		}
		all = append(all, e)
		return nil
	})
	if err != nil {
		return nil, err
	}
	for i := range all {
		all[i].Running = s.locked(uploading, all[i].Number)
	}
	for _, number := range over {
		if err := s.Remove(ctx, number); err != nil {
			return all, err
		}
	}
	return all, nil
}

// each calls f with each entry, the oldest first.
func (s *Store) each(ctx context.Context, f func(Entry) error) error {
	return s.db.EachSealed(ctx, s.db, cell(), func(number int64, value []byte) error {
		e := Entry{}
		if err := json.Unmarshal(value, &e); err != nil {
			return fmt.Errorf("%w: %w", sealeddb.ErrDamaged, err)
		}
		e.Number = number
		return f(e)
	}, "SELECT id, entry FROM transfers ORDER BY id")
}

// Get returns an entry. Error: ErrNoEntry.
func (s *Store) Get(ctx context.Context, number int64) (found Entry, err error) {
	all, err := s.List(ctx)
	if err != nil {
		return Entry{}, err
	}
	for _, e := range all {
		if e.Number == number {
			return e, nil
		}
	}
	return Entry{}, ErrNoEntry
}

// Save keeps an entry as it is now. One that was removed meanwhile stays so.
func (s *Store) Save(ctx context.Context, e Entry) error {
	value, err := e.encode()
	if err != nil {
		return err
	}
	return s.change(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "UPDATE transfers SET entry = ? WHERE id = ?", s.db.Seal(cell(), e.Number, value), e.Number)
		return err
	})
}

// Remove forgets an entry, with its mails. That there is none is no error.
func (s *Store) Remove(ctx context.Context, number int64) error {
	err := s.change(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "DELETE FROM transfers WHERE id = ?", number)
		if err == nil {
			_, err = tx.ExecContext(ctx, "DELETE FROM mails WHERE transfer = ?", number)
		}
		return err
	})
	if err == nil {
		for _, folder := range []string{uploading, mailing} {
			_ = os.Remove(s.lockPath(folder, number)) // an open one stays on some systems, and does no harm
		}
	}
	return err
}

// change makes a change that survives a power cut.
func (s *Store) change(ctx context.Context, f func(*sql.Tx) error) error {
	if err := s.db.Change(ctx, f); err != nil {
		return err
	}
	_, err := s.db.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)")
	return err
}

func (e Entry) encode() ([]byte, error) {
	if len(e.Data) > maxData {
		return nil, errTooLong
	}
	return json.Marshal(e)
}

// Record is an entry that this process works on.
type Record struct {
	store *Store
	entry Entry
	lock  *os.File
}

// Add adds an entry. It is on the disk once Add returns.
func (s *Store) Add(ctx context.Context, e Entry) (*Record, error) {
	value, err := e.encode()
	if err != nil {
		return nil, err
	}
	r := &Record{store: s}
	err = s.change(ctx, func(tx *sql.Tx) error {
		// The number comes first, because the value is sealed for it.
		if err := tx.QueryRowContext(ctx, "INSERT INTO transfers (entry) VALUES (x'') RETURNING id").Scan(&e.Number); err != nil {
			return err
		}
		if r.lock, err = s.tryLock(uploading, e.Number); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, "UPDATE transfers SET entry = ? WHERE id = ?", s.db.Seal(cell(), e.Number, value), e.Number)
		return err
	})
	r.entry = e
	if err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// Take returns the newest open entry with a key on which no process works; nil if there
// is none.
func (s *Store) Take(ctx context.Context, key []byte) (*Record, error) {
	all, err := s.List(ctx)
	if err != nil {
		return nil, err
	}
	for i := len(all) - 1; i >= 0; i-- {
		e := all[i]
		if !e.Open || len(key) == 0 || string(e.Key) != string(key) {
			continue
		}
		lock, err := s.tryLock(uploading, e.Number)
		if errors.Is(err, errLocked) {
			continue
		}
		if err != nil {
			return nil, err
		}
		r := &Record{store: s, entry: e, lock: lock}
		// The process that had it may have ended it since the list was read.
		if r.entry, err = s.Get(ctx, e.Number); err != nil || !r.entry.Open {
			_ = r.Close()
			if err != nil && !errors.Is(err, ErrNoEntry) {
				return nil, err
			}
			continue
		}
		return r, nil
	}
	return nil, nil
}

// Entry returns the entry.
func (r *Record) Entry() Entry { return r.entry }

// Save keeps the entry as it is now.
func (r *Record) Save(ctx context.Context, e Entry) error {
	e.Number = r.entry.Number
	r.entry = e
	return r.store.Save(ctx, e)
}

// Remove forgets the entry.
func (r *Record) Remove(ctx context.Context) error {
	return errors.Join(r.Close(), r.store.Remove(ctx, r.entry.Number))
}

// Close lets other processes take the entry.
func (r *Record) Close() error {
	if r.lock == nil {
		return nil
	}
	err := r.lock.Close()
	r.lock = nil
	if !r.entry.Open {
		_ = os.Remove(r.store.lockPath(uploading, r.entry.Number)) // nobody takes it any more
	}
	return err
}

// errLocked means that another process works on an entry.
var errLocked = errors.New("another process works on it")

func (s *Store) lockPath(folder string, number int64) string {
	return filepath.Join(s.dir, folder, strconv.FormatInt(number, 10))
}

// tryLock locks an entry. Where the file system has no locks, everyone gets it.
func (s *Store) tryLock(folder string, number int64) (*os.File, error) {
	f, err := os.OpenFile(s.lockPath(folder, number), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if held, _ := filelock.Try(f); held {
		return nil, errors.Join(errLocked, f.Close())
	}
	return f, nil
}

// locked reports whether a process works on an entry.
func (s *Store) locked(folder string, number int64) bool {
	f, err := os.OpenFile(s.lockPath(folder, number), os.O_RDWR, 0)
	if err != nil {
		return false
	}
	defer f.Close()
	held, _ := filelock.Try(f)
	return held
}
