// Package sqlitebox keeps the messages of a mailbox in a SQLite database in a folder, for
// one relay: a mailbox.Store.
//
//	DIR/lock          held while a relay uses the folder
//	DIR/messages.db   the messages, and -wal and -shm beside it
//
// A message that was put is there whenever the process is killed or the power is cut.
// Start with [Open].
package sqlitebox

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/tallow-transfer/tallow/internal/filelock"
	"github.com/tallow-transfer/tallow/relay/mailbox"
)

// The errors of Open.
var (
	// ErrInUse means that another process uses the folder.
	ErrInUse = errors.New("another relay uses the folder")
	// ErrNewer means that a newer version of this program has changed the database.
	ErrNewer = errors.New("it was written by a newer version of tallow")
)

// connections is how many may read at the same time, beside one that writes.
const connections = 4

// schemaVersion is the version of schema, and of databases that have it.
const schemaVersion = 1

// schema makes a database. Times are in milliseconds since 1970.
const schema = `
CREATE TABLE messages (
	key     BLOB    NOT NULL UNIQUE,
	message BLOB    NOT NULL,
	until   INTEGER NOT NULL
);
CREATE INDEX messages_until ON messages (until);
PRAGMA user_version = 1;`

// Store is an open folder.
type Store struct {
	db   *sql.DB
	lock *os.File

	mu    sync.Mutex // held while something is written
	count int        // messages, those that have expired and are not swept yet included
}

// Open opens a folder, which it makes if it is not there. Errors: ErrInUse, ErrNewer, and
// those of the disk and of SQLite.
func Open(ctx context.Context, dir string) (*Store, error) {
	s, err := open(ctx, dir)
	if err != nil {
		return nil, fmt.Errorf("the mailbox in %s: %w", dir, err)
	}
	return s, nil
}

func open(ctx context.Context, dir string) (*Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	lock, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	s := &Store{lock: lock}
	held, err := filelock.Try(lock)
	if err == nil && held {
		err = ErrInUse
	}
	if err == nil {
		err = s.openDatabase(ctx, filepath.Join(dir, "messages.db"))
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Store) openDatabase(ctx context.Context, path string) (err error) {
	if path, err = filepath.Abs(path); err != nil {
		return err
	}
	if err := createPrivate(path); err != nil {
		return err
	}
	if s.db, err = sql.Open("sqlite", source(path)); err != nil {
		return err
	}
	s.db.SetMaxOpenConns(1 + connections)
	var version int
	if err := s.db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return err
	}
	switch {
	case version > schemaVersion:
		return ErrNewer
	case version == 0:
		if err := s.create(ctx); err != nil {
			return err
		}
	}
	return s.recount(ctx)
}

// recount counts the messages.
func (s *Store) recount(ctx context.Context) error {
	return s.db.QueryRowContext(ctx, "SELECT count(*) FROM messages").Scan(&s.count)
}

// create makes the tables of an empty database.
func (s *Store) create(ctx context.Context) error {
	// The modes last. They cannot be set in a transaction.
	if _, err := s.db.ExecContext(ctx, "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL"); err != nil {
		return err
	}
	return s.change(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, schema)
		return err
	})
}

// Close lets another process open the folder.
func (s *Store) Close() error {
	var err error
	if s.db != nil {
		err = s.db.Close()
	}
	return errors.Join(err, s.lock.Close())
}

// change runs f in a transaction.
func (s *Store) change(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := f(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// Put implements mailbox.Store.
func (s *Store) Put(ctx context.Context, key mailbox.Key, message []byte, life time.Duration, most int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	removed, added := 0, 0
	err := s.change(ctx, func(tx *sql.Tx) error {
		var old []byte
		err := tx.QueryRowContext(ctx, "SELECT message FROM messages WHERE key = ? AND until > ?", key[:], now.UnixMilli()).Scan(&old)
		switch {
		case err == nil && bytes.Equal(old, message):
			return nil
		case err == nil:
			return mailbox.ErrTaken
		case !errors.Is(err, sql.ErrNoRows):
			return err
		}
		if removed, err = remove(ctx, tx, "DELETE FROM messages WHERE key = ? OR until <= ? AND ?", key[:], now.UnixMilli(), s.count >= most); err != nil {
			return err
		}
		if s.count-removed >= most {
			return mailbox.ErrFull
		}
		added = 1
		_, err = tx.ExecContext(ctx, "INSERT INTO messages (key, message, until) VALUES (?, ?, ?)", key[:], message, now.Add(life).UnixMilli())
		return err
	})
	if err == nil {
		s.count += added - removed
	}
	return err
}

// remove runs a statement that deletes, and returns how many rows it has deleted.
func remove(ctx context.Context, tx *sql.Tx, statement string, args ...any) (int, error) {
	result, err := tx.ExecContext(ctx, statement, args...)
	if err != nil {
		return 0, err
	}
	n, err := result.RowsAffected()
	return int(n), err
}

// Find implements mailbox.Store.
func (s *Store) Find(ctx context.Context, keys []mailbox.Key, most int) (found []mailbox.Found, err error) {
	list, err := keyList(keys)
	if err != nil {
		return nil, err
	}
	rows, err := s.db.QueryContext(ctx, `
		SELECT wanted.key, messages.message FROM json_each(?) AS wanted
		CROSS JOIN messages ON messages.key = unhex(wanted.value)
		WHERE messages.until > ? ORDER BY wanted.key LIMIT ?`, list, time.Now().UnixMilli(), most)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var f mailbox.Found
		if err := rows.Scan(&f.Index, &f.Message); err != nil {
			return nil, err
		}
		found = append(found, f)
	}
	return found, rows.Err()
}

// keyList returns keys as a JSON array of hexadecimal digits.
func keyList(keys []mailbox.Key) (string, error) {
	texts := make([]string, len(keys))
	for i, k := range keys {
		texts[i] = hex.EncodeToString(k[:])
	}
	b, err := json.Marshal(texts)
	return string(b), err
}

// Delete implements mailbox.Store.
func (s *Store) Delete(ctx context.Context, keys []mailbox.Key) error {
	list, err := keyList(keys)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	removed := 0
	err = s.change(ctx, func(tx *sql.Tx) (err error) {
		removed, err = remove(ctx, tx, "DELETE FROM messages WHERE key IN (SELECT unhex(value) FROM json_each(?))", list)
		return err
	})
	if err == nil {
		s.count -= removed
	}
	return err
}

// Sweep implements mailbox.Store. It also gives back to the disk what is not needed.
func (s *Store) Sweep(ctx context.Context) (left int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.db.ExecContext(ctx, "DELETE FROM messages WHERE until <= ?", time.Now().UnixMilli()); err != nil {
		return 0, err
	}
	if _, err := s.db.ExecContext(ctx, "PRAGMA incremental_vacuum"); err != nil {
		return 0, err
	}
	err = s.recount(ctx)
	return s.count, err
}
