package storeclient

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/internal/rendezvous"
	"github.com/tallow-transfer/tallow/internal/storelink"
	"github.com/tallow-transfer/tallow/relay"
	"github.com/tallow-transfer/tallow/relay/stored"
	"github.com/tallow-transfer/tallow/relay/stored/diskstore"
	"github.com/tallow-transfer/tallow/relay/stored/s3store"
	"github.com/tallow-transfer/tallow/relay/stored/s3store/s3test"
)

// startBucket serves a relay whose store is in a bucket, and returns a client of it. passed
// counts the bytes of parts and data that pass the relay.
func startBucket(t *testing.T) (c *Client, server *s3test.Server, passed *atomic.Int64) {
	t.Helper()
	server = s3test.Start(t)
	c, passed = startBucketAs(t, server, func(d s3store.Direct) stored.Blobs { return d })
	return c, server, passed
}

// startBucketAs is startBucket with the blobs that as makes.
func startBucketAs(t *testing.T, server *s3test.Server, as func(s3store.Direct) stored.Blobs) (c *Client, passed *atomic.Int64) {
	t.Helper()
	blobs, err := s3store.New(t.Context(), s3store.Config{Bucket: s3test.Bucket, Endpoint: server.URL, AccessKey: s3test.AccessKey, SecretKey: s3test.SecretKey})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(blobs.Close)
	disk, err := diskstore.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = disk.Close() })
	r, err := relay.New(relay.Config{Store: &relay.StoreConfig{
		Service: stored.New(disk.Index, as(s3store.Direct{Blobs: blobs}), stored.Config{}), CreatesPerMinute: -1, ClaimsPerMinute: -1,
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	passed = &atomic.Int64{}
	return startServer(t, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.Method == http.MethodPut || strings.HasSuffix(req.URL.Path, "/data") {
			passed.Add(1)
		}
		r.ServeHTTP(w, req)
	})), passed
}

// Parts and data do not pass the relay, unless the bucket cannot be reached from here.
func TestDirect(t *testing.T) {
	c, _, passed := startBucket(t)
	ctx := t.Context()
	whole := make([]byte, stored.OfferSize+2*stored.SegmentSize+100)
	for i := range whole {
		whole[i] = byte(i) ^ byte(i>>8) ^ byte(i>>16)
	}
	ends := []int{0, stored.OfferSize + stored.SegmentSize, stored.OfferSize + 2*stored.SegmentSize, len(whole)}
	s, err := c.Create(ctx, Creation{Size: int64(len(whole)), Owner: testOwner, Proof: testProof, Downloads: 1})
	if err != nil || s.PartSegments != 1 {
		t.Fatalf("%+v, %v", s, err)
	}
	var sent atomic.Int64
	pace := Pace{Piece: 100_000, Sending: func(_ context.Context, n int) error { sent.Add(int64(n)); return nil }}
	put := func(number int) {
		t.Helper()
		if err := c.PutPart(ctx, s.ID, testOwner, number, bytes.NewReader(whole[ends[number]:ends[number+1]]), pace); err != nil {
			t.Fatal(err)
		}
	}
	put(0)
	put(2)
	if sent.Load() != int64(ends[1]+100) || passed.Load() != 0 {
		t.Errorf("%d bytes were sent, and %d parts passed the relay", sent.Load(), passed.Load())
	}
	want(t, "a part that is too large", c.PutPart(ctx, s.ID, testOwner, 1, bytes.NewReader(whole), Pace{}), TooLarge)
	want(t, "the part of another", c.PutPart(ctx, s.ID, Token{9}, 1, bytes.NewReader(whole[:10]), Pace{}), Unknown)
	stop := errors.New("stop")
	if err := c.PutPart(ctx, s.ID, testOwner, 1, bytes.NewReader(whole[:10]), Pace{Sending: func(context.Context, int) error { return stop }}); !errors.Is(err, stop) {
		t.Errorf("a part that is given up: %v", err)
	}
	c.bucket.fail()
	put(1)
	if passed.Load() != 1 {
		t.Errorf("%d parts passed the relay, want 1", passed.Load())
	}
	c.bucket.failed = time.Time{}
	if _, err := c.Complete(ctx, s.ID, testOwner, 3); err != nil {
		t.Fatal(err)
	}
	want(t, "a read without a claim", dataError(c, s.ID), NoClaim)
	if _, err := c.Claim(ctx, s.ID, testProof, testClaim); err != nil {
		t.Fatal(err)
	}
	for _, at := range [][2]int{{0, len(whole)}, {ends[1] - 5, ends[1] + 5}, {len(whole) - 1, len(whole)}} {
		r, err := c.Data(ctx, s.ID, testClaim, int64(at[0]), int64(at[1]-at[0]))
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(r)
		if err != nil || !bytes.Equal(got, whole[at[0]:at[1]]) {
			t.Errorf("%v: %d bytes, %v", at, len(got), err)
		}
		_ = r.Close()
	}
	if passed.Load() != 1 {
		t.Errorf("%d times data passed the relay", passed.Load()-1)
	}
}

func dataError(c *Client, id storelink.ID) error {
	r, err := c.Data(context.Background(), id, testClaim, 0, 5)
	if err == nil {
		_ = r.Close()
	}
	return err
}

// When the bucket is away the error is one that passes, and the next try goes by way
// of the relay.
func TestBucketIsAway(t *testing.T) {
	c, server, passed := startBucket(t)
	ctx := t.Context()
	s, err := c.Create(ctx, Creation{Size: 1000, Owner: testOwner, Proof: testProof, Downloads: 1})
	if err != nil {
		t.Fatal(err)
	}
	server.Cut()
	part := bytes.Repeat([]byte("x"), 1000)
	err = c.PutPart(ctx, s.ID, testOwner, 0, bytes.NewReader(part), Pace{})
	if _, passing := Passing(err); !passing || strings.Contains(err.Error(), "Signature") {
		t.Errorf("error %v", err)
	}
	err = c.PutPart(ctx, s.ID, testOwner, 0, bytes.NewReader(part), Pace{}) // the relay cannot reach it either
	want(t, "by way of the relay", err, BrokenDisk)
	if passed.Load() != 1 {
		t.Errorf("%d parts passed the relay, want 1", passed.Load())
	}
	server.Mend()
	if err := c.PutPart(ctx, s.ID, testOwner, 0, bytes.NewReader(part), Pace{}); err != nil {
		t.Error(err)
	}
}

// bucketRelay is a relay that names a server as its bucket.
func bucketRelay(t *testing.T, name func() string) *Client {
	t.Helper()
	state := stateJSON{ID: strings.Repeat("0a", 16), MaxPart: 1 << 20, Direct: true}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/health", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"service":"tallow-relay","status":"ok","version":"x","protocol":2}`)
	})
	mux.HandleFunc("POST /api/store", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusCreated)
		_ = json.NewEncoder(w).Encode(state)
	})
	mux.HandleFunc("POST /", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]any{"url": name(), "expires": 4e9})
	})
	c := startServer(t, mux)
	if _, err := c.Create(t.Context(), Creation{Size: 1000, Owner: testOwner, Proof: testProof}); err != nil {
		t.Fatal(err)
	}
	return c
}

// What a bucket answers is checked like what a relay answers, and a relay can name no
// server but one of HTTP.
func TestHostileBucket(t *testing.T) {
	answer := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) { answer(w, req) }))
	defer server.Close()
	name := server.URL + "/key?X-Amz-Signature=secret"
	c := bucketRelay(t, func() string { return name })
	ctx := t.Context()
	id := storelink.ID(bytes.Repeat([]byte{0x0a}, 16))
	for what, status := range map[string]int{"a redirect": 307, "a refusal": 403, "a fault": 500, "no content": 204} {
		answer = func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "http://127.0.0.1:1/")
			w.WriteHeader(status)
		}
		for _, call := range []func() error{
			func() error { return c.PutPart(ctx, id, testOwner, 0, bytes.NewReader([]byte("12345")), Pace{}) },
			func() error { return dataError(c, id) },
		} {
			c.bucket.failed = time.Time{}
			want(t, what, call(), BrokenDisk)
			if c.bucket.direct() {
				t.Errorf("%s: the bucket is used again at once", what)
			}
		}
	}
	for what, header := range map[string]string{"no range": "", "another range": "bytes 1-5/10", "no size": "bytes 0-4/*"} {
		answer = func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Range", header)
			w.WriteHeader(206)
			_, _ = io.WriteString(w, "12345")
		}
		c.bucket.failed = time.Time{}
		want(t, what, dataError(c, id), BrokenDisk)
		if c.bucket.direct() {
			t.Errorf("%s: the bucket is used again at once", what)
		}
	}
	for _, bad := range []string{"", "key", "file:///etc/passwd", "ftp://127.0.0.1/", "http://user:secret@127.0.0.1/", "http:///key", "://"} {
		name = bad
		c.bucket.failed = time.Time{}
		var nonsense *rendezvous.ProtocolError
		if err := dataError(c, id); !errors.As(err, &nonsense) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// fewParts are Blobs that take only so many parts, so that each has several segments.
type fewParts struct {
	s3store.Direct
	parts int
}

func (f fewParts) Shape() stored.Shape {
	shape := f.Direct.Shape()
	shape.MaxParts = f.parts
	return shape
}

// failing is a part of which the second half cannot be read.
type failing struct {
	*bytes.Reader
	err error
}

func (f failing) Read(p []byte) (int, error) {
	if int64(f.Len()) < f.Size()/2 {
		return 0, f.err
	}
	return f.Reader.Read(p)
}

// A part of several segments goes to the bucket, and by way of the relay, too. What is
// wrong with the part itself is told as it is.
func TestLargeParts(t *testing.T) {
	server := s3test.Start(t)
	c, passed := startBucketAs(t, server, func(d s3store.Direct) stored.Blobs { return fewParts{d, 3} })
	ctx := t.Context()
	whole := make([]byte, stored.OfferSize+11*stored.SegmentSize+100)
	for i := range whole {
		whole[i] = byte(i) ^ byte(i>>8) ^ byte(i>>16)
	}
	s, err := c.Create(ctx, Creation{Size: int64(len(whole)), Owner: testOwner, Proof: testProof, Downloads: 1})
	if err != nil || s.PartSegments != 4 || s.MaxPart != stored.OfferSize+4*stored.SegmentSize {
		t.Fatalf("%+v, %v", s, err)
	}
	ends := []int{0, int(s.MaxPart), int(s.MaxPart) + 4*stored.SegmentSize, len(whole)}
	for number := range 3 {
		section := bytes.NewReader(whole[ends[number]:ends[number+1]])
		if number == 0 {
			c.bucket.fail() // so that the relay gets it
		} else {
			c.bucket.failed = time.Time{}
			broken := errors.New("broken")
			if err := c.PutPart(ctx, s.ID, testOwner, number, failing{bytes.NewReader(whole[ends[number]:ends[number+1]]), broken}, Pace{}); !errors.Is(err, broken) {
				t.Errorf("a part that cannot be read: %v", err)
			}
		}
		if err := c.PutPart(ctx, s.ID, testOwner, number, section, Pace{}); err != nil {
			t.Fatal(err)
		}
	}
	if passed.Load() != 1 {
		t.Errorf("%d parts passed the relay, want 1", passed.Load())
	}
	if s, err = c.Complete(ctx, s.ID, testOwner, 3); err != nil || s.Size != int64(len(whole)) {
		t.Fatalf("%+v, %v", s, err)
	}
	if _, err := c.Claim(ctx, s.ID, testProof, testClaim); err != nil {
		t.Fatal(err)
	}
	r, err := c.Data(ctx, s.ID, testClaim, 0, int64(len(whole)))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, whole) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}
