package tallow_test

import (
	"testing"

	"github.com/tallow-transfer/tallow/internal/storeclient"
	"github.com/tallow-transfer/tallow/internal/storelink"
	"github.com/tallow-transfer/tallow/internal/storetest"
	"github.com/tallow-transfer/tallow/relay"
	"github.com/tallow-transfer/tallow/relay/stored"
	"github.com/tallow-transfer/tallow/relay/stored/diskstore"
)

// storeConfig is that of a relay with a store that allows many requests.
func storeConfig(t testing.TB, c stored.Config) relay.Config {
	t.Helper()
	disk, err := diskstore.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = disk.Close() })
	c.FreeFloor = 1
	return relay.Config{Store: &relay.StoreConfig{Service: stored.New(disk.Index, disk.Blobs, c), CreatesPerMinute: -1, ClaimsPerMinute: -1}}
}

// atStore is a transfer that lies in a store, as its sender sees it.
type atStore struct {
	*storetest.Transfer
	t    testing.TB
	link storelink.Link
}

// stores stores files at a relay.
func stores(t testing.TB, url string, s storetest.Sealing) atStore {
	t.Helper()
	transfer, err := storetest.Store(t.Context(), url, s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(transfer.Client.Close)
	return atStore{transfer, t, transfer.Link}
}

// state returns how often it was fetched, and how many fetch it.
func (a atStore) state() storeclient.State {
	a.t.Helper()
	s, err := a.State(a.t.Context())
	if err != nil {
		a.t.Fatal(err)
	}
	return s
}
