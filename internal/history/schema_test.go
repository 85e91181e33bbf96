package history

import (
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/tallow-transfer/tallow/internal/vault/sealeddb"
)

// Every schema that there ever was becomes the present one.
func TestMigrations(t *testing.T) {
	for version := range migrations() {
		t.Run(fmt.Sprintf("from %d", version), func(t *testing.T) {
			dir := t.TempDir()
			makeSchema(t, dir, version)
			s := openIn(t, dir, nil)
			var want []int64
			if version > 0 {
				want = []int64{1}
				e, err := s.Get(t.Context(), 1)
				if err != nil || e.Peer != "laptop" || e.Relay != "relay.example" || e.Address != "" || e.Outcome.Files != 3 {
					t.Errorf("what there was comes back as %+v, %v", e, err)
				}
			}
			want = append([]int64{record(t, s, example())}, want...)
			for _, f := range []Filter{{}, {Text: "report"}, {Peer: "laptop"}, {Peer: "relay.example"}} {
				if got := ids(list(t, s, f)); !slices.Equal(got, want) {
					t.Errorf("%+v: the entries are %v, want %v", f, got, want)
				}
			}
			if got := ids(list(t, s, Filter{Peer: "192.0.2.77"})); !slices.Equal(got, want[:1]) {
				t.Errorf("with an address: %v, want %v", got, want[:1])
			}
			if got, err := s.db.SchemaVersion(t.Context(), s.db); err != nil || got != len(migrations()) {
				t.Errorf("it has the schema %d, %v", got, err)
			}
			var mode string
			if err := s.db.QueryRowContext(t.Context(), "PRAGMA journal_mode").Scan(&mode); err != nil || mode != "wal" {
				t.Errorf("the journal's mode is %s, %v", mode, err)
			}
		})
	}
}

// makeSchema makes a database of an earlier schema, with an entry if it can have one.
func makeSchema(t *testing.T, dir string, version int) {
	t.Helper()
	sealer, err := sealeddb.NewSealer(testKey(t, dir), "history", append(cells(), cell{Table: "meta", Column: "known"}))
	if err != nil {
		t.Fatal(err)
	}
	dir = filepath.Join(dir, "history")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", sealeddb.Source(filepath.Join(dir, "history.db")))
	if err != nil {
		t.Fatal(err)
	}
	for _, statements := range append(migrations()[:version:version], fmt.Sprintf("PRAGMA user_version = %d", version)) {
		if _, err := db.Exec(statements); err != nil {
			t.Fatal(err)
		}
	}
	if version > 0 {
		seal := func(table, column, value string) []byte {
			return sealer.Seal(cell{Table: table, Column: column}, 1, []byte(value))
		}
		for _, insert := range []struct {
			query string
			args  []any
		}{
			{"INSERT INTO meta (id, known) VALUES (1, ?)", []any{seal("meta", "known", "")}},
			{
				`INSERT INTO entries (started, ended, direction, state, owner, names, places, peer, outcome)
					VALUES (1772366400000, 1772366460000, 'send', 'completed', 'nobody', ?, ?, ?, ?)`,
				[]any{
					seal("entries", "names", "\x00\x0aReport.pdf"), seal("entries", "places", "\x00\x00"),
					seal("entries", "peer", "\x06laptop\x0drelay.example"), seal("entries", "outcome", `{"files":3,"bytes":4,"sent":4}`),
				},
			},
			{"INSERT INTO texts (id, text) VALUES (1, ?)", []any{seal("texts", "text", "report.pdf\x00\x00laptop\nrelay.example")}},
		} {
			if _, err := db.Exec(insert.query, insert.args...); err != nil {
				t.Fatal(err)
			}
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
		"8b138235c600e2ff",
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
