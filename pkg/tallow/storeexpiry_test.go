package tallow_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/pkg/tallow"
	"github.com/tallow-transfer/tallow/relay/stored"
)

// What is stored for three seconds is there until the second that its sender was told,
// and not after the end of that.
func TestStoreExpiresForReal(t *testing.T) {
	dir := write(t, map[string]int{"f": 100})
	client, keeper := newClient(t, tallow.Config{Relay: startRelay(t, storeConfig(t, stored.Config{}))}), &memoryKeeper{}
	began := time.Now()
	s := store(t, client, tallow.StoreOptions{Paths: []string{filepath.Join(dir, "f")}, Expires: 3 * time.Second, Downloads: tallow.AnyDownloads, Keeper: keeper})
	s.want(t, "", "")
	kept := keeper.records[0].value
	expires := kept.Expires // in whole seconds
	if life := expires.Add(time.Second).Sub(began); life < 3*time.Second {
		t.Fatalf("it lives for %v", life)
	}
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for found := 0; ; found++ {
		asked := time.Now()
		_, err := client.StoredState(t.Context(), kept)
		if err == nil {
			if late := asked.Sub(expires); late >= time.Second {
				t.Fatalf("it is there %v after its time", late)
			}
			<-tick.C
			continue
		}
		if reasonOf(t, err) != tallow.ReasonStoredUnknown || time.Now().Before(expires) || found == 0 {
			t.Fatalf("%v before its time, after %d answers: %v", time.Until(expires), found, err)
		}
		break
	}
	r := fetch(t, client, tallow.ReceiveOptions{Code: s.link(t), Output: t.TempDir()})
	if r.want(t, tallow.KindCode, tallow.ReasonStoredUnknown); r.err == nil {
		t.Error("it is fetched")
	}
}
