package history

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/tallow-transfer/tallow/internal/vault/devicekey"
)

// Retention is how long an entry is kept.
const Retention = 90 * 24 * time.Hour

// Store is an open history. It may be used by several goroutines.
type Store struct {
	dir    string
	db     *sql.DB
	sealer sealer
	now    func() time.Time
}

// Open opens the history in a folder of its user's alone, which it makes if there is
// none. key is the device key; it is not needed after Open. now returns the time;
// nil: time.Now. Errors: ErrWrongKey, ErrNewer, those of the file system and of
// SQLite.
func Open(ctx context.Context, dir string, key *devicekey.Key, now func() time.Time) (*Store, error) {
	if now == nil {
		now = time.Now
	}
	sealer, err := newSealer(key)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Join(dir, "running"), 0o700); err != nil {
		return nil, err
	}
	path := filepath.Join(dir, "history.db")
	if err := createPrivate(path); err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", dataSource(path))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	s := &Store{dir: dir, db: db, sealer: sealer, now: now}
	err = s.migrate(ctx)
	if err == nil {
		err = s.checkKey(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return s, nil
}

// dataSource names the database and what every connection to it has: waiting for
// other processes, no temporary files, and zeros over what is deleted.
func dataSource(path string) string {
	slashed := filepath.ToSlash(path)
	if !strings.HasPrefix(slashed, "/") {
		slashed = "/" + slashed // C:/Users
	}
	options := url.Values{
		"_txlock": {"immediate"},
		"_pragma": {"busy_timeout(5000)", "synchronous(NORMAL)", "temp_store(MEMORY)", "secure_delete(ON)"},
	}
	return (&url.URL{Scheme: "file", Path: slashed, RawQuery: options.Encode()}).String()
}

// Close closes the history.
func (s *Store) Close() error { return s.db.Close() }

// change runs f in a transaction that no other process interferes with.
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

// querier is a database or a transaction of one.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// each calls scan for each row of a query.
func each(ctx context.Context, q querier, scan func(*sql.Rows) error, query string, args ...any) (err error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// eachSealed calls f for each row of a query for a row id and a value of c.
func (s *Store) eachSealed(ctx context.Context, q querier, c cell, f func(id int64, value []byte) error, query string, args ...any) error {
	return each(ctx, q, func(rows *sql.Rows) error {
		var id int64
		var sealed sql.RawBytes
		if err := rows.Scan(&id, &sealed); err != nil {
			return err
		}
		value, err := s.sealer.open(c, id, sealed)
		if err != nil {
			return err
		}
		return f(id, value)
	}, query, args...)
}

// numbers returns the numbers that a query gives.
func numbers(ctx context.Context, q querier, query string, args ...any) (map[int64]bool, error) {
	all := make(map[int64]bool)
	return all, each(ctx, q, func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		all[id] = true
		return err
	}, query, args...)
}
