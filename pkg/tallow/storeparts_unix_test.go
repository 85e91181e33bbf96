//go:build unix

package tallow_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/tallow-transfer/tallow/internal/relaytest"
	"github.com/tallow-transfer/tallow/pkg/tallow"
	"github.com/tallow-transfer/tallow/relay"
	"github.com/tallow-transfer/tallow/relay/stored"
	"github.com/tallow-transfer/tallow/relay/stored/diskstore"
)

// fewParts are Blobs that take only so many parts, so that each has several segments. They
// remember how large those were that were put, and break some off.
type fewParts struct {
	stored.Blobs
	parts int

	mu     sync.Mutex
	sizes  map[int]int64
	breaks int // how many are to be broken off
}

var errBroken = errors.New("broken by the test")

// begin forgets what was put, and has the next ones be broken off.
func (f *fewParts) begin(breaks int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sizes, f.breaks = make(map[int]int64), breaks
}

// put returns the sizes of the parts that were put.
func (f *fewParts) put() map[int]int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.sizes)
}

func (f *fewParts) Shape() stored.Shape {
	shape := f.Blobs.Shape()
	shape.MaxParts = f.parts
	return shape
}

func (f *fewParts) Put(ctx context.Context, r stored.Record, number int, body io.Reader, size int64) error {
	f.mu.Lock()
	broken := f.breaks > 0
	if broken {
		f.breaks--
	} else {
		f.sizes[number] = size
	}
	f.mu.Unlock()
	if broken {
		_, _ = io.CopyN(io.Discard, body, size*3/4)
		return errBroken
	}
	return f.Blobs.Put(ctx, r, number, body, size)
}

// startFewParts starts a relay with a store that takes only so many parts.
func startFewParts(t *testing.T, parts int) (*relaytest.Relay, *fewParts) {
	t.Helper()
	disk, err := diskstore.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = disk.Close() })
	blobs := &fewParts{Blobs: disk.Blobs, parts: parts, sizes: make(map[int]int64)}
	return relaytest.Start(t, relay.Config{Store: &relay.StoreConfig{
		Service: stored.New(disk.Index, blobs, stored.Config{FreeFloor: 1}), CreatesPerMinute: -1, ClaimsPerMinute: -1,
	}}), blobs
}

// Parts of several segments are put as such, also again from their beginning when they
// break off, and an interrupted Store puts those that are missing. Nothing is left of the
// files that they are gathered in.
func TestStoreLargeParts(t *testing.T) {
	spool := t.TempDir()
	t.Setenv("TMPDIR", spool)
	dir := write(t, map[string]int{"d/a": 5, "d/big": 70 << 20, "d/z": 3 << 20})
	server, blobs := startFewParts(t, 3) // of 10 segments
	client, keeper := newClient(t, tallow.Config{Relay: server.URL}), &memoryKeeper{}
	o := tallow.StoreOptions{Paths: []string{filepath.Join(dir, "d")}, Keeper: keeper}

	ctx, cancel := context.WithTimeout(t.Context(), testTimeout)
	defer cancel()
	slow := o
	slow.LimitRate = 24 << 20
	slow.OnEvent = func(e tallow.Event) {
		if p, ok := e.(tallow.ProgressEvent); ok && p.Bytes > 0 {
			cancel()
		}
	}
	first := storeWithin(ctx, client, slow)
	if first.want(t, tallow.KindInterrupted, tallow.ReasonInterrupted); len(keeper.records) != 1 {
		t.Fatalf("%d are kept", len(keeper.records))
	}
	before := blobs.put()
	blobs.begin(2)
	second := store(t, client, o)
	second.want(t, "", "")
	if got := second.resumed(); len(got) != 1 || got[0].Anew != "" {
		t.Errorf("it says %+v", got)
	}
	put := blobs.put()
	for number, size := range put {
		if want := int64(4 * stored.SegmentSize); number > 0 && number < 2 && size != want || number == 0 && size != want+stored.OfferSize {
			t.Errorf("the part %d has %d bytes", number, size)
		}
	}
	if len(put) == 0 || len(put) >= 3 || second.result.Bytes != 73<<20+5 {
		t.Errorf("the parts %v were put, after %v; %+v", put, before, second.result)
	}
	fetched(t, second.link(t), "", contents(t, dir))
	if left := contents(t, spool); len(left) > 0 {
		t.Errorf("%d files are left", len(left))
	}
}

// What has no size before its end is put in parts of several segments, too, and so is
// what ends with a part, or is smaller than one.
func TestStoreLargePartsOfStreams(t *testing.T) {
	spool := t.TempDir()
	t.Setenv("TMPDIR", spool)
	server, blobs := startFewParts(t, 3)
	client := newClient(t, tallow.Config{Relay: server.URL})
	for n, parts := range map[int]int{40 << 20: 3, 3: 1, 48<<20 - 4096: 3} {
		blobs.begin(1)
		data := bytes.Repeat([]byte("0123456789abcdef"), n/16+1)[:n]
		r := store(t, client, tallow.StoreOptions{Stream: bytes.NewReader(data), StreamName: "s"})
		r.want(t, "", "")
		if put := blobs.put(); len(put) != parts {
			t.Errorf("%d bytes: the parts are %v", n, put)
		}
		fetched(t, r.link(t), "", map[string]string{"s": string(data)})
	}
	if left := contents(t, spool); len(left) > 0 {
		t.Errorf("%d files are left", len(left))
	}
}

// A folder for the parts that cannot be used is told, and nothing stays at the relay.
func TestStoreLargePartsHaveNoPlace(t *testing.T) {
	dir := write(t, map[string]int{"big": 40 << 20})
	server, _ := startFewParts(t, 3)
	t.Setenv("TMPDIR", filepath.Join(dir, "nothing", "here"))
	r := store(t, newClient(t, tallow.Config{Relay: server.URL}), tallow.StoreOptions{Paths: []string{filepath.Join(dir, "big")}})
	if r.want(t, tallow.KindIO, tallow.ReasonSpool); !strings.Contains(r.err.Error(), "nothing") || slices.Contains(r.names(), "stored") {
		t.Errorf("%v; %v", r.err, r.names())
	}
}
