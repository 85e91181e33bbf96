package relay

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/tallow-transfer/tallow/relay/roomstore/redistest"
	"github.com/tallow-transfer/tallow/relay/stored"
	"github.com/tallow-transfer/tallow/relay/stored/diskstore"
	"github.com/tallow-transfer/tallow/relay/stored/redisindex"
)

// storeNodes are relays that share an index in Redis, and the bytes.
func storeNodes(t *testing.T, count int) []storing {
	t.Helper()
	server := redistest.Start(t)
	disk, err := diskstore.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = disk.Close() })
	var nodes []storing
	for range count {
		index, err := redisindex.Open(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = index.Close() })
		config := unlimited()
		config.Store = &StoreConfig{
			Service:          stored.New(index, disk.Blobs, stored.Config{FreeFloor: 1}),
			CreatesPerMinute: -1, ClaimsPerMinute: -1,
		}
		_, base := start(t, config)
		nodes = append(nodes, storing{t, base + "/api/store"})
	}
	return nodes
}

// Of twenty receivers at two nodes exactly as many get a transfer as may.
func TestStoreOfTwoNodes(t *testing.T) {
	const downloads, receivers = 7, 20
	nodes := storeNodes(t, 2)
	whole, _ := sealedData()
	path := nodes[0].stores(downloads)
	var got, refused atomic.Int64
	var all sync.WaitGroup
	for i := range receivers {
		all.Go(func() {
			s, other := nodes[i%2], nodes[(i+1)%2]
			claim := fmt.Sprintf("%032x", i+1)
			resp, b := s.call(http.MethodPost, path+"/claim", "", map[string]string{"proof": proofToken, "claim": claim})
			if resp.StatusCode != http.StatusOK {
				if resp.StatusCode != http.StatusConflict && resp.StatusCode != http.StatusGone {
					t.Errorf("a claim: %s %s", resp.Status, b)
				}
				refused.Add(1)
				return
			}
			if resp, b := other.call(http.MethodGet, path+"/data", claim, nil); resp.StatusCode != http.StatusOK || !bytes.Equal(b, whole) {
				t.Errorf("%s, %d bytes; want %d", resp.Status, len(b), len(whole))
			}
			got.Add(1)
		})
	}
	all.Wait()
	if got.Load() != downloads || refused.Load() != receivers-downloads {
		t.Fatalf("%d of %d got it, want %d", got.Load(), receivers, downloads)
	}
	// Those that hold a claim commit it at both nodes at once, and twice; each counts once.
	for i := range receivers {
		for _, s := range nodes {
			all.Go(func() { _, _ = s.call(http.MethodPost, path+"/commit", fmt.Sprintf("%032x", i+1), nil) })
		}
	}
	all.Wait()
	for _, s := range nodes {
		var state storedReply
		if err := json.Unmarshal(s.want(http.StatusOK, "", http.MethodGet, path+"/state", ownerToken, nil), &state); err != nil || state.Done != downloads || state.Fetching != 0 {
			t.Errorf("its sender sees %+v, %v", state, err)
		}
		s.want(http.StatusGone, storeSpent, http.MethodPost, path+"/claim", "", map[string]string{"proof": proofToken, "claim": claimToken})
	}
}
