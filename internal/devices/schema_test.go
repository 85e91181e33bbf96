package devices

import (
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/internal/vault/devicekey"
	"github.com/tallow-transfer/tallow/internal/vault/sealeddb"
)

// What each version of the schema was made with stays as it is: there are databases of it.
func TestMigrationsStay(t *testing.T) {
	want := []string{
		"5c7f18a0dd673f32",
		"e99e75a4b40b37b5",
	}
	for version, statements := range schema().Migrations {
		sum := sha256.Sum256([]byte(statements))
		if got := hex.EncodeToString(sum[:8]); version >= len(want) || got != want[version] {
			t.Errorf("version %d has the hash %s", version+1, got)
		}
	}
}

// A store of the version before there were groups keeps its devices, and gets groups.
func TestStoreWithoutGroups(t *testing.T) {
	ctx := t.Context()
	dir := filepath.Join(t.TempDir(), "devices")
	key, err := devicekey.ParseKey([]byte("0123456789abcdef0123456789abcdef"))
	must(t, err)
	before := schema()
	before.Cells, before.Migrations = []sealeddb.Cell{cell()}, before.Migrations[:1]
	db, err := sealeddb.Open(ctx, dir, before, key)
	must(t, err)
	invites, err := Invite("phone", "https://relay.example", time.Now())
	must(t, err)
	old := invites.device
	old.Name = "phone"
	value, err := json.Marshal(old)
	must(t, err)
	must(t, db.Change(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO devices (id, device) VALUES (7, ?)", db.Seal(cell(), 7, value))
		return err
	}))
	must(t, db.Close())

	key, err = devicekey.ParseKey([]byte("0123456789abcdef0123456789abcdef"))
	must(t, err)
	s, err := Open(ctx, dir, key, nil)
	must(t, err)
	defer s.Close()
	if version, err := s.db.SchemaVersion(ctx, s.db); err != nil || version != len(schema().Migrations) {
		t.Errorf("it has the version %d, %v", version, err)
	}
	d, err := s.Get(ctx, "phone")
	if err != nil || d.Fingerprint != old.Fingerprint {
		t.Errorf("%+v, %v", d, err)
	}
	if groups, err := s.Groups(ctx); err != nil || len(groups) != 0 {
		t.Errorf("%+v, %v", groups, err)
	}
	g, err := s.AddToGroup(ctx, "work", "phone")
	if err != nil || !slices.Equal(g.Devices, []string{"phone"}) {
		t.Errorf("%+v, %v", g, err)
	}
	must(t, s.Remove(ctx, "phone"))
	if groups, err := s.Groups(ctx); err != nil || len(groups) != 1 || len(groups[0].Devices) != 0 {
		t.Errorf("%+v, %v", groups, err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
