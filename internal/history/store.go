package history

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"time"

	"github.com/tallow-transfer/tallow/internal/vault/devicekey"
	"github.com/tallow-transfer/tallow/internal/vault/sealeddb"
)

// Retention is how long an entry is kept.
const Retention = 90 * 24 * time.Hour

// Store is an open history. It may be used by several goroutines.
type Store struct {
	dir string
	db  *sealeddb.DB
	now func() time.Time
}

// Open opens the history in a folder of its user's alone, which it makes if there is
// none. key is the device key; it is not needed after Open. now returns the time;
// nil: time.Now. Errors: ErrWrongKey, ErrNewer, those of the file system and of
// SQLite.
func Open(ctx context.Context, dir string, key *devicekey.Key, now func() time.Time) (*Store, error) {
	if now == nil {
		now = time.Now
	}
	if err := os.MkdirAll(filepath.Join(dir, "running"), 0o700); err != nil {
		return nil, err
	}
	db, err := sealeddb.Open(ctx, dir, schema(), key)
	if err != nil {
		return nil, err
	}
	return &Store{dir: dir, db: db, now: now}, nil
}

// Close closes the history.
func (s *Store) Close() error { return s.db.Close() }

// numbers returns the numbers that a query gives.
func numbers(ctx context.Context, q sealeddb.Querier, query string, args ...any) (map[int64]bool, error) {
	all := make(map[int64]bool)
	return all, sealeddb.Each(ctx, q, func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		all[id] = true
		return err
	}, query, args...)
}
