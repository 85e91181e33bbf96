package relay

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/relay/stored"
	"github.com/tallow-transfer/tallow/relay/stored/diskstore"
)

// manySweeps is how many transfers are swept at once.
const manySweeps = 1000

// expired returns a store with transfers that are over. They are written as the disk's
// store keeps them, but not synced each, which takes long.
func expired(t testing.TB) *stored.Service {
	t.Helper()
	dir := t.TempDir()
	write := func(data []byte, path ...string) {
		t.Helper()
		name := filepath.Join(append([]string{dir}, path...)...)
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o700), os.WriteFile(name, data, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	for range manySweeps {
		r := stored.Record{ID: stored.NewID(), Created: time.Unix(1, 0), Expires: time.Unix(2, 0), Reserved: 10, Parts: []int64{10}}
		b, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		write(b, "records", r.ID.String())
		write(make([]byte, 10), "parts", r.ID.String(), "0")
	}
	disk, err := diskstore.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = disk.Close() })
	return stored.New(disk.Index, disk.Blobs, stored.Config{FreeFloor: 1})
}

// A thousand transfers are swept beside a thousand rooms, in less than a second where
// nothing else uses the disk and the processors, and rooms are opened and joined meanwhile. The bounds
// are for a machine that does other work.
func TestSweepOfMany(t *testing.T) {
	service := expired(t)
	config := unlimited()
	config.MaxRooms = 10 * besides
	_, base := start(t, config)
	var kept []client
	for range besides {
		kept = append(kept, openAndJoin(t, base))
	}
	done := make(chan error, 1)
	begin := time.Now()
	var took time.Duration
	go func() {
		removed, err := service.Sweep(t.Context())
		took = time.Since(begin)
		if err == nil && removed != manySweeps {
			err = fmt.Errorf("%d were swept, want %d", removed, manySweeps)
		}
		done <- err
	}()
	var slowest time.Duration
	rooms := 0
	for swept := false; !swept; rooms++ {
		opened := time.Now()
		s := openAndJoin(t, base)
		slowest = max(slowest, time.Since(opened))
		_ = s.conn.Close()
		select {
		case err := <-done:
			if err != nil {
				t.Fatal(err)
			}
			swept = true
		default:
		}
	}
	for _, s := range kept {
		_ = s.conn.Close()
	}
	t.Logf("swept in %v; the slowest of %d rooms beside %d took %v", took, rooms, besides, slowest)
	if took > time.Minute || slowest > 10*time.Second {
		t.Errorf("swept in %v; the slowest of %d rooms took %v", took, rooms, slowest)
	}
}

// besides is how many rooms there are beside a sweep.
const besides = 1000

// openAndJoin opens a room, and joins it as its sender.
func openAndJoin(t *testing.T, base string) client {
	t.Helper()
	reply := open(t, base, "")
	s := dial(t, base, asSender(reply.Nameplate, reply.Ticket))
	s.wantWelcome(0)
	return s
}

// The time of a sweep is that of an operation.
func BenchmarkSweep(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		service := expired(b)
		b.StartTimer()
		if removed, err := service.Sweep(b.Context()); err != nil || removed != manySweeps {
			b.Fatal(removed, err)
		}
	}
	b.ReportMetric(float64(b.N)*manySweeps/b.Elapsed().Seconds(), "transfers/s")
}
