//go:build unix

package tallow_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/internal/relaytest"
	"github.com/tallow-transfer/tallow/internal/storetest"
	"github.com/tallow-transfer/tallow/pkg/files"
	"github.com/tallow-transfer/tallow/pkg/tallow"
	"github.com/tallow-transfer/tallow/relay"
	"github.com/tallow-transfer/tallow/relay/stored"
	"github.com/tallow-transfer/tallow/relay/stored/diskstore"
	"github.com/tallow-transfer/tallow/relay/stored/s3store"
	"github.com/tallow-transfer/tallow/relay/stored/s3store/s3test"
)

// outageVariable has how long a bucket is away in these tests; 2s by default.
const outageVariable = "TALLOW_TEST_OUTAGE"

// outageTime returns how long a bucket is away.
func outageTime(t *testing.T) time.Duration {
	t.Helper()
	text := os.Getenv(outageVariable)
	if text == "" {
		return 2 * time.Second
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// startBucket starts a relay with a store in a bucket, with or without the bytes going
// through the relay.
func startBucket(t *testing.T, direct bool) (url string, server *s3test.Server) {
	t.Helper()
	server = s3test.Start(t)
	bucket, err := s3store.New(t.Context(), s3store.Config{Bucket: s3test.Bucket, Endpoint: server.URL, AccessKey: s3test.AccessKey, SecretKey: s3test.SecretKey})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(bucket.Close)
	disk, err := diskstore.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = disk.Close() })
	var blobs stored.Blobs = bucket
	if direct {
		blobs = s3store.Direct{Blobs: bucket}
	}
	return relaytest.Start(t, relay.Config{Store: &relay.StoreConfig{
		Service: stored.New(disk.Index, blobs, stored.Config{}), CreatesPerMinute: -1, ClaimsPerMinute: -1,
	}}).URL, server
}

// s3Outage takes a server away once, for the time of the tests.
type s3Outage struct {
	t          *testing.T
	server     *s3test.Server
	frozen     bool // its process stops, else its connections break
	forever    bool
	once       sync.Once
	began      time.Time
	stalled    bool // a StallEvent has said so
	connecting bool
	back       bool
}

// begin takes it away, at the first call.
func (o *s3Outage) begin() {
	o.once.Do(func() {
		o.began = time.Now()
		away, back := o.server.Cut, o.server.Mend
		if o.frozen {
			away, back = func() { o.server.Freeze(o.t) }, func() { o.server.Thaw(o.t) }
		}
		away()
		if !o.forever {
			time.AfterFunc(outageTime(o.t), back)
		}
	})
}

// event notes what is told of it.
func (o *s3Outage) event(e tallow.Event) {
	switch e := e.(type) {
	case tallow.StallEvent:
		o.stalled = o.stalled || e.Reason == tallow.StallStoreAway
	case tallow.StateEvent:
		o.connecting = o.connecting || e.State == tallow.StateConnecting
		o.back = o.back || o.connecting && e.State == tallow.StateTransferring
	}
}

// over checks what was told, and that it took as long as the bucket was away.
func (o *s3Outage) over(what string) {
	o.t.Helper()
	if took := time.Since(o.began); took < outageTime(o.t) {
		o.t.Errorf("%s took %v, and the bucket was away for %v", what, took, outageTime(o.t))
	}
	if !o.frozen && (!o.stalled || !o.connecting || !o.back) {
		o.t.Errorf("%s: stalled %v, connecting %v, back %v", what, o.stalled, o.connecting, o.back)
	}
}

// A bucket that is away for a while in the middle of an upload, and of a download, costs
// time and nothing else, whether the bytes go through the relay or not.
func TestS3Outage(t *testing.T) {
	for name, c := range map[string]struct{ direct, frozen bool }{
		"direct": {direct: true}, "through the relay": {}, "frozen, direct": {true, true}, "frozen, through the relay": {frozen: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url, server := startBucket(t, c.direct)
			dir := write(t, map[string]int{"big": 60 << 20})
			client := newClient(t, tallow.Config{Relay: url, StateDir: t.TempDir()})

			up := &s3Outage{t: t, server: server, frozen: c.frozen}
			s := storeWithin(t.Context(), client, tallow.StoreOptions{
				Paths: []string{filepath.Join(dir, "big")}, LimitRate: 30 << 20,
				OnEvent: func(e tallow.Event) {
					if p, ok := e.(tallow.ProgressEvent); ok && p.Bytes > 0 {
						up.begin()
					}
					up.event(e)
				},
			})
			s.want(t, "", "")
			up.over("the upload")

			down, out := &s3Outage{t: t, server: server, frozen: c.frozen}, t.TempDir()
			r, err := client.Receive(t.Context(), tallow.ReceiveOptions{
				Code: s.link(t), Output: out, LimitRate: 30 << 20,
				OnEvent: func(e tallow.Event) {
					if p, ok := e.(tallow.ProgressEvent); ok && p.Bytes > 8<<20 {
						down.begin()
					}
					down.event(e)
				},
			})
			if err != nil || r.Sent != 60<<20 {
				t.Fatalf("%+v, %v", r, err)
			}
			down.over("the download")
			if got := contents(t, out); !maps.Equal(got, contents(t, dir)) {
				t.Errorf("got %v", slices.Collect(maps.Keys(got)))
			}
		})
	}
}

// A bucket that is away for too long ends both, and the same goes on later.
func TestS3OutageIsTooLong(t *testing.T) {
	url, server := startBucket(t, true)
	dir := write(t, map[string]int{"big": 60 << 20})
	client, keeper := newClient(t, tallow.Config{Relay: url, StateDir: t.TempDir()}), &memoryKeeper{}
	o := tallow.StoreOptions{Paths: []string{filepath.Join(dir, "big")}, Keeper: keeper, LimitRate: 30 << 20, ReconnectTimeout: time.Second}
	up := &s3Outage{t: t, server: server, forever: true}
	o.OnEvent = func(e tallow.Event) {
		if p, ok := e.(tallow.ProgressEvent); ok && p.Bytes > 0 {
			up.begin()
		}
	}
	s := store(t, client, o)
	if kindOf(t, s.err) != tallow.KindNetwork || !s.err.(*tallow.Error).Kept {
		t.Errorf("the upload: %v", s.err)
	}
	server.Mend()
	o.OnEvent = nil
	s = store(t, client, o)
	if s.want(t, "", ""); len(s.resumed()) != 1 || s.resumed()[0].Anew != "" {
		t.Errorf("it says %+v", s.resumed())
	}

	out := t.TempDir()
	down := &s3Outage{t: t, server: server, forever: true}
	receive := tallow.ReceiveOptions{Code: s.link(t), Output: out, LimitRate: 30 << 20, ReconnectTimeout: time.Second}
	receive.OnEvent = func(e tallow.Event) {
		if p, ok := e.(tallow.ProgressEvent); ok && p.Bytes > 8<<20 {
			down.begin()
		}
	}
	r := fetch(t, client, receive)
	if kindOf(t, r.err) != tallow.KindNetwork || !r.err.(*tallow.Error).Kept {
		t.Errorf("the download: %v", r.err)
	}
	server.Mend()
	receive.OnEvent = nil
	r = fetch(t, client, receive)
	r.want(t, "", "")
	if got := contents(t, out); !maps.Equal(got, contents(t, dir)) || r.result.Sent >= 60<<20 {
		t.Errorf("got %v; %+v", slices.Collect(maps.Keys(got)), r.result)
	}
}

// A bucket that is away before anything was claimed is told, and nothing is used up.
func TestS3IsAwayAtFirst(t *testing.T) {
	url, server := startBucket(t, false)
	dir := write(t, map[string]int{"f": 1000})
	a := stores(t, url, storetest.Sealing{Source: files.FS(os.DirFS(dir), "f")})
	server.Cut()
	r := fetch(t, newClient(t, tallow.Config{}), tallow.ReceiveOptions{Code: a.link.String(), Output: t.TempDir()})
	if r.want(t, tallow.KindNetwork, tallow.ReasonStoreBroken); r.err == nil {
		t.Error("nothing is said")
	}
	server.Mend()
	fetched(t, a.link.String(), "", contents(t, dir))
}
