package sealeddb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/tallow-transfer/tallow/internal/filelock"
	"github.com/tallow-transfer/tallow/internal/vault/devicekey"
)

// Schema describes a database.
type Schema struct {
	File  string // its name in the folder
	Use   string // what it is for, a word in the labels of its keys
	Cells []Cell // the sealed columns beside meta.known
	// Migrations are the statements that make each schema of the one before, the first
	// of nothing. The version of a database is how many of them were run. What was released
	// once stays as it is. The first one makes the table
	//
	//	meta (id INTEGER PRIMARY KEY, known BLOB NOT NULL)
	//
	// whose one row has a sealed value, by which a wrong key is known.
	Migrations []string
}

// known is by what a wrong key is known.
func known() Cell { return Cell{"meta", "known"} }

// Why a database cannot be used.
var (
	// ErrNewer means that a newer version of this program has changed the database.
	ErrNewer = errors.New("the database was written by a newer version of tallow")
	// ErrWrongKey means that the database was sealed with another device key.
	ErrWrongKey = errors.New("the database was sealed with another device key")
)

// DB is an open database. It may be used by several goroutines.
type DB struct {
	*sql.DB
	Sealer
	dir    string
	schema Schema
}

// Open opens the database of a schema in a folder of its user's alone, and makes both if
// they are not there. key is the device key; it is not needed after Open. Errors:
// ErrWrongKey, ErrNewer, those of the file system and of SQLite.
func Open(ctx context.Context, dir string, schema Schema, key *devicekey.Key) (*DB, error) {
	sealer, err := NewSealer(key, schema.Use, append([]Cell{known()}, schema.Cells...))
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	path := filepath.Join(dir, schema.File)
	if err := createPrivate(path); err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", Source(path))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	d := &DB{DB: db, Sealer: sealer, dir: dir, schema: schema}
	err = d.migrate(ctx)
	if err == nil {
		err = d.checkKey(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return d, nil
}

// Files returns the names of all files of the database in its folder.
func (s Schema) Files() []string {
	return []string{s.File, s.File + "-wal", s.File + "-shm"}
}

// Source names a database and what every connection to it has: waiting for other
// processes, no temporary files, and zeros over what is deleted.
func Source(path string) string {
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

// Change runs f in a transaction that no other process interferes with.
func (d *DB) Change(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := d.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := f(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// Querier is a database or a transaction of one.
type Querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// Each calls scan for each row of a query.
func Each(ctx context.Context, q Querier, scan func(*sql.Rows) error, query string, args ...any) (err error) {
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

// EachSealed calls f for each row of a query for a row id and a value of c.
func (d *DB) EachSealed(ctx context.Context, q Querier, c Cell, f func(id int64, value []byte) error, query string, args ...any) error {
	return Each(ctx, q, func(rows *sql.Rows) error {
		var id int64
		var sealed sql.RawBytes
		if err := rows.Scan(&id, &sealed); err != nil {
			return err
		}
		value, err := d.Open(c, id, sealed)
		if err != nil {
			return err
		}
		return f(id, value)
	}, query, args...)
}

// SchemaVersion returns the version of the schema that a database has.
func (d *DB) SchemaVersion(ctx context.Context, q Querier) (version int, err error) {
	err = q.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version)
	if err == nil && version > len(d.schema.Migrations) {
		err = ErrNewer
	}
	return version, err
}

// migrate brings the database to the present schema. One process does it at a time.
func (d *DB) migrate(ctx context.Context) error {
	all := d.schema.Migrations
	version, err := d.SchemaVersion(ctx, d)
	if err != nil || version == len(all) {
		return err
	}
	release, err := filelock.Hold(ctx, filepath.Join(d.dir, "lock"))
	if err != nil {
		return err
	}
	defer release()
	// The mode lasts. It cannot be set by two processes at a time.
	if _, err := d.ExecContext(ctx, "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL"); err != nil {
		return err
	}
	return d.Change(ctx, func(tx *sql.Tx) error {
		version, err := d.SchemaVersion(ctx, tx)
		if err != nil {
			return err
		}
		for _, statements := range all[version:] {
			if _, err := tx.ExecContext(ctx, statements); err != nil {
				return err
			}
		}
		if version == 0 {
			if _, err := tx.ExecContext(ctx, "INSERT INTO meta (id, known) VALUES (1, ?)", d.Seal(known(), 1, nil)); err != nil {
				return err
			}
		}
		_, err = tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", len(all)))
		return err
	})
}

// checkKey returns ErrWrongKey if the database was sealed with another key.
func (d *DB) checkKey(ctx context.Context) error {
	var value []byte
	if err := d.QueryRowContext(ctx, "SELECT known FROM meta WHERE id = 1").Scan(&value); err != nil {
		return err
	}
	if _, err := d.Open(known(), 1, value); err != nil {
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
