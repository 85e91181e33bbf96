package history

import (
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// Every schema that there ever was becomes the present one.
func TestMigrations(t *testing.T) {
	for version := range migrations() {
		t.Run(fmt.Sprintf("from %d", version), func(t *testing.T) {
			dir := t.TempDir()
			makeSchema(t, filepath.Join(dir, "history"), version)
			s := openIn(t, dir, nil)
			record(t, s, example())
			if got := list(t, s, Filter{Text: "report"}); len(got) != 1 {
				t.Errorf("the entries are %v", got)
			}
			if got, err := schemaVersion(t.Context(), s.db); err != nil || got != len(migrations()) {
				t.Errorf("it has the schema %d, %v", got, err)
			}
			var mode string
			if err := s.db.QueryRowContext(t.Context(), "PRAGMA journal_mode").Scan(&mode); err != nil || mode != "wal" {
				t.Errorf("the journal's mode is %s, %v", mode, err)
			}
		})
	}
}

// makeSchema makes a database of an earlier schema.
func makeSchema(t *testing.T, dir string, version int) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", dataSource(filepath.Join(dir, "history.db")))
	if err != nil {
		t.Fatal(err)
	}
	for _, statements := range append(migrations()[:version:version], fmt.Sprintf("PRAGMA user_version = %d", version)) {
		if _, err := db.Exec(statements); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// What makes a schema stays as it is: there are databases that it made.
func TestMigrationsStay(t *testing.T) {
	for version, want := range []string{
		"9c362118ebb43692",
	} {
		sum := sha256.Sum256([]byte(migrations()[version]))
		if got := hex.EncodeToString(sum[:8]); got != want {
			t.Errorf("migration %d has the hash %s, want %s: add another one instead", version, got, want)
		}
	}
}

func TestNewerSchema(t *testing.T) {
	dir := t.TempDir()
	s := openIn(t, dir, nil)
	if _, err := s.db.Exec(fmt.Sprintf("PRAGMA user_version = %d", len(migrations())+1)); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), filepath.Join(dir, "history"), testKey(t, dir), nil); !errors.Is(err, ErrNewer) {
		t.Error(err)
	}
}
