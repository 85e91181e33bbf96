package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/tallow-transfer/tallow/internal/relaytest"
	"github.com/tallow-transfer/tallow/relay"
	"github.com/tallow-transfer/tallow/relay/stored"
	"github.com/tallow-transfer/tallow/relay/stored/diskstore"
	"github.com/tallow-transfer/tallow/relay/stored/s3store"
	"github.com/tallow-transfer/tallow/relay/stored/s3store/s3test"
)

// fewParts is how many parts these stores take. So those of a small transfer have several
// segments, as else those of more than 84 GB in a bucket have.
const fewParts = 3

// few are Blobs that take few parts.
type few struct{ stored.Blobs }

func (f few) Shape() stored.Shape { return fewer(f.Blobs) }

// fewDirect are Direct ones.
type fewDirect struct{ s3store.Direct }

func (f fewDirect) Shape() stored.Shape { return fewer(f.Direct) }

func fewer(b stored.Blobs) stored.Shape {
	shape := b.Shape()
	shape.MaxParts = fewParts
	return shape
}

// TestS3LargeParts runs the scripts of transfers with large parts.
func TestS3LargeParts(t *testing.T) {
	if testing.Short() {
		t.Skip("stores large files")
	}
	for name, blobs := range map[string]func(t *testing.T, disk *diskstore.Store) stored.Blobs{
		"disk": func(_ *testing.T, disk *diskstore.Store) stored.Blobs { return few{disk.Blobs} },
		"direct": func(t *testing.T, _ *diskstore.Store) stored.Blobs {
			return fewDirect{s3store.Direct{Blobs: bucket(t)}}
		},
		"through": func(t *testing.T, _ *diskstore.Store) stored.Blobs { return few{bucket(t)} },
	} {
		t.Run(name, func(t *testing.T) {
			disk, err := diskstore.Open(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = disk.Close() })
			server := relaytest.Start(t, relay.Config{Store: &relay.StoreConfig{
				Service: stored.New(disk.Index, blobs(t, disk), stored.Config{FreeFloor: 1}), CreatesPerMinute: -1, ClaimsPerMinute: -1,
			}})
			testscript.Run(t, testscript.Params{
				Dir:                 "testdata/largeparts",
				RequireExplicitExec: true,
				RequireUniqueNames:  true,
				Setup:               surround(server.URL),
				Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
					"await":  await,
					"events": checkEvents,
					"random": random,
					"set":    setFromFile,
				},
			})
		})
	}
}

// bucket returns one of a real S3 server.
func bucket(t *testing.T) *s3store.Blobs {
	t.Helper()
	b, err := s3store.New(t.Context(), s3store.Config{
		Bucket: s3test.Bucket, Endpoint: s3test.Start(t).URL, AccessKey: s3test.AccessKey, SecretKey: s3test.SecretKey,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

// A sender needs no more memory for a large part than for a small one.
func TestS3LargePartsMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("stores large files")
	}
	disk, err := diskstore.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = disk.Close() })
	server := relaytest.Start(t, relay.Config{Store: &relay.StoreConfig{
		Service: stored.New(disk.Index, few{disk.Blobs}, stored.Config{FreeFloor: 1}), CreatesPerMinute: -1, ClaimsPerMinute: -1,
	}})
	dir := t.TempDir()
	t.Setenv("XDG_STATE_HOME", filepath.Join(dir, "state"))
	t.Setenv("TALLOW_RELAY", server.URL)
	big, err := os.Create(filepath.Join(dir, "big"))
	if err != nil {
		t.Fatal(err)
	}
	const size = 900 << 20 // three parts of 300 MB
	if err := errors.Join(big.Truncate(size), big.Close()); err != nil {
		t.Fatal(err)
	}
	send := command(t, dir, "link.txt", newPTY(t), "send", "--store", "--no-history", "big")
	peak := 0
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for ; ; <-tick.C {
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", send.Process.Pid))
		if err != nil {
			t.Fatal(err)
		}
		_, rest, ok := strings.Cut(string(status), "VmHWM:")
		if !ok {
			break // it has ended
		}
		now, err := strconv.Atoi(strings.Fields(rest)[0])
		if err != nil {
			t.Fatal(err)
		}
		peak = max(peak, now)
	}
	if err := send.Wait(); err != nil {
		t.Fatal(err)
	}
	t.Logf("the sender has used %d MB", peak>>10)
	if peak > 150<<10 && !raceDetector {
		t.Errorf("the sender has used %d MB", peak>>10)
	}
}
