package storedlist

import (
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/internal/vault/sealeddb"
)

// Every schema that there ever was becomes the present one, with what was in it.
func TestMigrations(t *testing.T) {
	for version := range schema().Migrations {
		t.Run(fmt.Sprintf("from %d", version), func(t *testing.T) {
			dir := t.TempDir()
			makeSchema(t, dir, version)
			s := openIn(t, dir, nil)
			want := 0
			if version > 0 {
				want = 1
				if e, err := s.Get(t.Context(), 1); err != nil || string(e.Data) != "before" || !e.Open {
					t.Errorf("what there was comes back as %+v, %v", e, err)
				}
			}
			add(t, s, Entry{Until: time.Now().Add(time.Hour), Data: []byte("after")})
			if all := list(t, s); len(all) != want+1 || string(all[want].Data) != "after" {
				t.Errorf("the list is %+v", all)
			}
			if err := s.AddMails(t.Context(), 1, []Mail{{To: "ana@example.org"}}); err != nil || len(mailsOf(t, s, 1)) != 1 {
				t.Errorf("a mail: %v", err)
			}
			if got, err := s.db.SchemaVersion(t.Context(), s.db); err != nil || got != len(schema().Migrations) {
				t.Errorf("it has the schema %d, %v", got, err)
			}
		})
	}
}

// makeSchema makes a database of an earlier schema, with an entry if it can have one.
func makeSchema(t *testing.T, dir string, version int) {
	t.Helper()
	sealer, err := sealeddb.NewSealer(testKey(t, dir), schema().Use, []sealeddb.Cell{cell(), {Table: "meta", Column: "known"}})
	if err != nil {
		t.Fatal(err)
	}
	dir = filepath.Join(dir, "stored")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", sealeddb.Source(filepath.Join(dir, schema().File)))
	if err != nil {
		t.Fatal(err)
	}
	for _, statements := range append(schema().Migrations[:version:version], fmt.Sprintf("PRAGMA user_version = %d", version)) {
		if _, err := db.Exec(statements); err != nil {
			t.Fatal(err)
		}
	}
	if version > 0 {
		entry := fmt.Sprintf(`{"open":true,"until":%q,"data":"YmVmb3Jl"}`, time.Now().Add(time.Hour).Format(time.RFC3339))
		for query, value := range map[string][]byte{
			"INSERT INTO meta (id, known) VALUES (1, ?)":      sealer.Seal(sealeddb.Cell{Table: "meta", Column: "known"}, 1, nil),
			"INSERT INTO transfers (id, entry) VALUES (1, ?)": sealer.Seal(cell(), 1, []byte(entry)),
		} {
			if _, err := db.Exec(query, value); err != nil {
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
		"b4961e33136f3b74",
		"459f813dec6b74cb",
	} {
		sum := sha256.Sum256([]byte(schema().Migrations[version]))
		if got := hex.EncodeToString(sum[:8]); got != want {
			t.Errorf("migration %d has the hash %s, want %s: add another one instead", version, got, want)
		}
	}
}
