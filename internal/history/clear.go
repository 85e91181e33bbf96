package history

import (
	"context"
	"database/sql"
	"time"
)

// Clear deletes the entries that started before a time, but for those of transfers
// that run, and returns how many. SQLite overwrites them with zeros.
func (s *Store) Clear(ctx context.Context, before time.Time) (deleted int64, err error) {
	if err := s.settle(ctx); err != nil {
		return 0, err
	}
	err = s.db.Change(ctx, func(tx *sql.Tx) error {
		deleted, err = s.drop(ctx, tx, before)
		return err
	})
	if err != nil || deleted == 0 {
		return deleted, err
	}
	// What was deleted is in the write-ahead log too, and its room is free now.
	_, err = s.db.ExecContext(ctx, "PRAGMA incremental_vacuum; PRAGMA wal_checkpoint(TRUNCATE)")
	return deleted, err
}

// drop deletes entries that started before a time and do not run.
func (s *Store) drop(ctx context.Context, tx *sql.Tx, before time.Time) (deleted int64, err error) {
	var last sql.NullInt64
	err = tx.QueryRowContext(ctx, "SELECT max(id) FROM entries WHERE started < ? AND state <> 'running'", before.UnixMilli()).Scan(&last)
	if err != nil || !last.Valid {
		return 0, err
	}
	result, err := tx.ExecContext(ctx, "DELETE FROM entries WHERE started < ? AND state <> 'running'", before.UnixMilli())
	if err != nil {
		return 0, err
	}
	if _, err := tx.ExecContext(ctx, "DELETE FROM texts WHERE id <= ? AND NOT EXISTS (SELECT 1 FROM entries e WHERE e.id = texts.id)", last.Int64); err != nil {
		return 0, err
	}
	if err := s.thin(ctx, tx, last.Int64); err != nil {
		return 0, err
	}
	return result.RowsAffected()
}
