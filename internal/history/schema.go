package history

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/tallow-transfer/tallow/internal/filelock"
)

// migrations returns the statements that make each schema of the one before, the
// first of nothing. The version of a database is how many of them were run. What was
// released once stays as it is.
func migrations() []string {
	return []string{`
		CREATE TABLE meta (
			id    INTEGER PRIMARY KEY,
			known BLOB NOT NULL        -- sealed: by which a wrong key is known
		) STRICT;
		CREATE TABLE entries (
			id        INTEGER PRIMARY KEY AUTOINCREMENT,
			started   INTEGER NOT NULL, -- milliseconds since 1970
			ended     INTEGER NOT NULL, -- likewise; 0: unknown
			direction TEXT NOT NULL,
			state     TEXT NOT NULL,
			owner     TEXT NOT NULL,    -- the file that its process has locked
			names     BLOB NOT NULL,    -- sealed, as all that follows
			places    BLOB NOT NULL,
			peer      BLOB NOT NULL,
			outcome   BLOB NOT NULL
		) STRICT;
		CREATE INDEX entries_started ON entries (started);
		CREATE INDEX entries_running ON entries (state) WHERE state = 'running';
		CREATE TABLE texts (
			id   INTEGER PRIMARY KEY,
			text BLOB NOT NULL
		) STRICT;
		CREATE TABLE pages (
			id    INTEGER PRIMARY KEY,
			last  INTEGER NOT NULL,
			texts BLOB NOT NULL
		) STRICT;`}
}

// ErrNewer means that a newer version of this program has changed the database.
var ErrNewer = errors.New("the history was written by a newer version of tallow")

// ErrWrongKey means that the database was sealed with another device key.
var ErrWrongKey = errors.New("the history was sealed with another device key")

func schemaVersion(ctx context.Context, q querier) (version int, err error) {
	err = q.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version)
	if err == nil && version > len(migrations()) {
		err = ErrNewer
	}
	return version, err
}

// migrate brings the database to the present schema. One process does it at a time.
func (s *Store) migrate(ctx context.Context) error {
	version, err := schemaVersion(ctx, s.db)
	if err != nil || version == len(migrations()) {
		return err
	}
	release, err := filelock.Hold(ctx, filepath.Join(s.dir, "lock"))
	if err != nil {
		return err
	}
	defer release()
	// The mode lasts. It cannot be set by two processes at a time.
	if _, err := s.db.ExecContext(ctx, "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL"); err != nil {
		return err
	}
	return s.change(ctx, func(tx *sql.Tx) error {
		version, err := schemaVersion(ctx, tx)
		if err != nil {
			return err
		}
		for _, statements := range migrations()[version:] {
			if _, err := tx.ExecContext(ctx, statements); err != nil {
				return err
			}
		}
		if version == 0 {
			if _, err := tx.ExecContext(ctx, "INSERT INTO meta (id, known) VALUES (1, ?)", s.sealer.seal(cell{"meta", "known"}, 1, nil)); err != nil {
				return err
			}
		}
		_, err = tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", len(migrations())))
		return err
	})
}

// checkKey returns ErrWrongKey if the database was sealed with another key.
func (s *Store) checkKey(ctx context.Context) error {
	var known []byte
	if err := s.db.QueryRowContext(ctx, "SELECT known FROM meta WHERE id = 1").Scan(&known); err != nil {
		return err
	}
	if _, err := s.sealer.open(cell{"meta", "known"}, 1, known); err != nil {
		return ErrWrongKey
	}
	return nil
}

// createPrivate makes an empty file that its user alone can read. SQLite gives the
// files beside it the same mode.
func createPrivate(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}
