package sealeddb

import (
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/tallow-transfer/tallow/internal/vault/devicekey"
)

func notes() Cell { return Cell{"notes", "note"} }

func testSchema() Schema {
	return Schema{
		File: "notes.db", Use: "notes", Cells: []Cell{notes()},
		Migrations: []string{`CREATE TABLE meta (id INTEGER PRIMARY KEY, known BLOB NOT NULL) STRICT;
			CREATE TABLE notes (id INTEGER PRIMARY KEY, note BLOB NOT NULL) STRICT;`},
	}
}

func testKey(t *testing.T) *devicekey.Key {
	t.Helper()
	key, err := devicekey.ParseKey([]byte("0123456789abcdef0123456789abcdef"))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func openIn(t *testing.T, dir string) *DB {
	t.Helper()
	d, err := Open(t.Context(), dir, testSchema(), testKey(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

func add(t *testing.T, d *DB, from, to int) {
	t.Helper()
	err := d.Change(t.Context(), func(tx *sql.Tx) error {
		for i := from; i <= to; i++ {
			note := fmt.Appendf(nil, "note %d", i)
			if _, err := tx.Exec("INSERT INTO notes (id, note) VALUES (?, ?)", i, d.Seal(notes(), int64(i), note)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func count(t *testing.T, d *DB) (n int) {
	t.Helper()
	err := d.EachSealed(t.Context(), d, notes(), func(id int64, value []byte) error {
		if n++; string(value) != fmt.Sprintf("note %d", id) {
			t.Errorf("%d is %q", id, value)
		}
		return nil
	}, "SELECT id, note FROM notes ORDER BY id")
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// A copy has all that was committed, also what is in the write-ahead log alone, and it
// is a database in the same mode.
func TestCopy(t *testing.T) {
	dir := t.TempDir()
	d := openIn(t, dir)
	if _, err := d.Exec("PRAGMA wal_autocheckpoint = 0"); err != nil {
		t.Fatal(err)
	}
	add(t, d, 1, 1000)
	wal, err := os.Stat(filepath.Join(dir, "notes.db-wal"))
	if err != nil || wal.Size() == 0 {
		t.Fatalf("nothing is in the log: %v", err)
	}
	content, err := Copy(t.Context(), filepath.Join(dir, "notes.db"))
	if err != nil {
		t.Fatal(err)
	}
	add(t, d, 1001, 1002) // comes too late for it
	other := t.TempDir()
	if err := os.WriteFile(filepath.Join(other, "notes.db"), content, 0o600); err != nil {
		t.Fatal(err)
	}
	copied := openIn(t, other)
	if got := count(t, copied); got != 1000 {
		t.Errorf("the copy has %d notes", got)
	}
	add(t, copied, 1001, 1003)
	if got := count(t, d); got != 1002 {
		t.Errorf("there are %d notes", got)
	}
}

func TestCopyOfNothing(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "notes.db")
	if _, err := Copy(t.Context(), path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("nothing is there: %v", err)
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Copy(t.Context(), path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an empty file: %v", err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("there is %v, %v", entries, err)
	}
}
