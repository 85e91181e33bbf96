package storeclient

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/tallow-transfer/tallow/internal/rendezvous"
	"github.com/tallow-transfer/tallow/internal/storelink"
	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/relay"
	"github.com/tallow-transfer/tallow/relay/stored"
	"github.com/tallow-transfer/tallow/relay/stored/diskstore"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// startStore serves a relay, with a store unless change takes it away, and returns a
// client of it.
func startStore(t *testing.T, change func(*relay.Config)) *Client {
	t.Helper()
	disk, err := diskstore.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = disk.Close() })
	config := relay.Config{Store: &relay.StoreConfig{
		Service: stored.New(disk.Index, disk.Blobs, stored.Config{FreeFloor: 1}), CreatesPerMinute: -1, ClaimsPerMinute: -1,
	}}
	if change != nil {
		change(&config)
	}
	r, err := relay.New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return startServer(t, r)
}

// startServer serves a handler below a path and returns a client of it.
func startServer(t *testing.T, h http.Handler) *Client {
	t.Helper()
	server := httptest.NewServer(http.StripPrefix("/below", h))
	t.Cleanup(server.Close)
	return newClient(t, server.URL+"/below")
}

func newClient(t *testing.T, address string) *Client {
	t.Helper()
	e, err := rendezvous.ParseRelay(address)
	if err != nil {
		t.Fatal(err)
	}
	c := New(rendezvous.New(e, rendezvous.Options{Version: "test"}))
	t.Cleanup(c.Close)
	return c
}

var (
	testOwner = Token{1}
	testProof = Proof{2}
	testClaim = ClaimID{3}
)

// testContent is what a container may look like, in two parts.
func testContent() (whole []byte, parts [][]byte) {
	whole = make([]byte, OfferSize+200_000)
	for i := range whole {
		whole[i] = byte(i) ^ byte(i>>8)
	}
	return whole, [][]byte{whole[:100_000], whole[100_000:]}
}

func create(t *testing.T, c *Client, downloads int) storelink.ID {
	t.Helper()
	whole, _ := testContent()
	s, err := c.Create(t.Context(), Creation{
		Size: int64(len(whole)), Owner: testOwner, Proof: testProof, Life: time.Hour, Downloads: downloads,
	})
	if err != nil {
		t.Fatal(err)
	}
	if left := time.Until(s.Expires); left < 59*time.Minute || left > time.Hour+time.Second || s.Downloads != downloads || s.MaxPart < 8<<20 {
		t.Fatalf("the state is %+v", s)
	}
	return s.ID
}

func want(t *testing.T, what string, err error, w Word) {
	t.Helper()
	if !Refused(err, w) {
		t.Errorf("%s: %v, want %s", what, err, w)
	}
}

// A transfer goes into the store of the real relay and out again.
func TestStoreAndFetch(t *testing.T) {
	c := startStore(t, nil)
	ctx := t.Context()
	whole, parts := testContent()
	id := create(t, c, 1)

	sent := 0
	pace := Pace{Piece: 1000, Sending: func(_ context.Context, n int) error {
		if n > 1000 {
			t.Errorf("a piece has %d bytes", n)
		}
		sent += n
		return nil
	}}
	if err := c.PutPart(ctx, id, testOwner, 1, bytes.NewReader(parts[1]), pace); err != nil || sent != len(parts[1]) {
		t.Fatalf("%v after %d bytes", err, sent)
	}
	want(t, "another's token", c.PutPart(ctx, id, Token{9}, 0, bytes.NewReader(parts[0]), Pace{}), Unknown)
	_, err := c.Complete(ctx, id, testOwner, 2)
	want(t, "to complete half of it", err, Incomplete)
	_, err = c.Offer(ctx, id)
	want(t, "the offer of half of it", err, Incomplete)
	s, err := c.State(ctx, id, testOwner)
	if err != nil || s.Has(0) || !s.Has(1) || s.Has(2) || s.Count() != 1 || s.Complete {
		t.Fatalf("the state is %+v, %v", s, err)
	}
	if err := c.PutPart(ctx, id, testOwner, 0, bytes.NewReader(parts[0]), Pace{}); err != nil {
		t.Fatal(err)
	}
	if s, err = c.Complete(ctx, id, testOwner, 2); err != nil || !s.Complete || s.Size != int64(len(whole)) {
		t.Fatalf("the state is %+v, %v", s, err)
	}
	want(t, "a part more", c.PutPart(ctx, id, testOwner, 2, bytes.NewReader(parts[0]), Pace{}), Completed)

	if offer, err := c.Offer(ctx, id); err != nil || !bytes.Equal(offer, whole[:OfferSize]) {
		t.Fatalf("the offer has %d bytes, %v", len(offer), err)
	}
	_, err = c.Claim(ctx, id, Proof{9}, testClaim)
	want(t, "a wrong proof", err, WrongProof)
	_, err = c.Data(ctx, id, testClaim, 0, 1)
	want(t, "data without a claim", err, NoClaim)
	claimed, err := c.Claim(ctx, id, testProof, testClaim)
	if err != nil || claimed.Size != int64(len(whole)) || !claimed.Expires.Equal(s.Expires) {
		t.Fatalf("claimed %+v, %v", claimed, err)
	}
	_, err = c.Claim(ctx, id, testProof, ClaimID{9})
	want(t, "a second claim", err, Busy)
	for _, r := range [][2]int{{0, len(whole)}, {99_990, 20}, {len(whole) - 1, 1}} {
		body, err := c.Data(ctx, id, testClaim, int64(r[0]), int64(r[1]))
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(body)
		if err != nil || !bytes.Equal(got, whole[r[0]:r[0]+r[1]]) {
			t.Errorf("%d bytes from %d: %d, %v", r[1], r[0], len(got), err)
		}
		if err := body.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := c.Data(ctx, id, testClaim, int64(len(whole))-5, 10); err == nil {
		t.Error("data behind the end")
	}
	if err := c.Commit(ctx, id, testClaim); err != nil {
		t.Fatal(err)
	}
	_, err = c.Offer(ctx, id)
	want(t, "the offer afterwards", err, Spent)
	if s, err = c.State(ctx, id, testOwner); err != nil || s.Done != 1 {
		t.Errorf("the state is %+v, %v", s, err)
	}
	if s, err = c.Extend(ctx, id, testOwner, 2*time.Hour); err != nil || time.Until(s.Expires) < 119*time.Minute {
		t.Errorf("extended to %+v, %v", s, err)
	}
	if err := c.Delete(ctx, id, testOwner); err != nil {
		t.Fatal(err)
	}
	_, err = c.State(ctx, id, testOwner)
	want(t, "the state afterwards", err, Unknown)
}

func TestAddress(t *testing.T) {
	c := startStore(t, nil)
	if got, err := c.Address(t.Context()); err != nil || !strings.HasSuffix(got, "/below") || !strings.HasPrefix(got, "http://127.0.0.1:") {
		t.Errorf("%q, %v", got, err)
	}
}

// A store tells what may be stored.
func TestTerms(t *testing.T) {
	const day = 24 * time.Hour
	for _, token := range []string{"", "a token of the store"} {
		c := startStore(t, func(c *relay.Config) { c.Store.Token = token })
		got, err := c.Terms(t.Context())
		want := Terms{Token: token != "", Life: day, MaxLife: 7 * day, MaxSize: got.MaxSize, MaxDownloads: 1000}
		if err != nil || got != want || got.MaxSize <= 0 {
			t.Errorf("%+v, %v, want %+v", got, err, want)
		}
	}
}

// What a relay refuses comes as an error that says what it is.
func TestRefusals(t *testing.T) {
	creation := Creation{Size: 10, Owner: testOwner, Proof: testProof}
	without := startStore(t, func(c *relay.Config) { c.Store = nil })
	var none *NoStoreError
	if _, err := without.Create(t.Context(), creation); !errors.As(err, &none) {
		t.Errorf("without a store: %v", err)
	}
	if _, err := without.Terms(t.Context()); !errors.As(err, &none) {
		t.Errorf("without a store: %v", err)
	}

	closed := startStore(t, func(c *relay.Config) { c.Access.Password = "open sesame" })
	var refused *rendezvous.RelayError
	if _, err := closed.Create(t.Context(), creation); !errors.As(err, &refused) || refused.Code != wire.RoomPassword {
		t.Errorf("without the password: %v", err)
	}
	creation.Password = "open sesame"
	if _, err := closed.Create(t.Context(), creation); err != nil {
		t.Errorf("with the password: %v", err)
	}

	rated := startStore(t, func(c *relay.Config) { c.Store.CreatesPerMinute = 3 })
	if _, err := rated.Create(t.Context(), creation); err != nil {
		t.Fatal(err)
	}
	_, err := rated.Create(t.Context(), creation)
	want(t, "one too many", err, Rate)
	if wait, passing := Passing(err); !passing || wait < time.Second || wait > time.Minute {
		t.Errorf("to wait %v, %v", wait, passing)
	}

	var unreachable *rendezvous.UnreachableError
	_, err = newClient(t, "http://127.0.0.1:1").Create(t.Context(), creation)
	if !errors.As(err, &unreachable) {
		t.Errorf("without a relay: %v", err)
	}
	if _, passing := Passing(err); !passing {
		t.Errorf("%v is for ever", err)
	}
}

// A part that the caller gives up ends with the caller's error, and is not there.
func TestPutGivenUp(t *testing.T) {
	c := startStore(t, nil)
	id := create(t, c, 1)
	whole, _ := testContent()
	errStop := errors.New("stop")
	sent := 0
	err := c.PutPart(t.Context(), id, testOwner, 0, bytes.NewReader(whole), Pace{Piece: 4096, Sending: func(context.Context, int) error {
		if sent++; sent > 10 {
			return errStop
		}
		return nil
	}})
	if !errors.Is(err, errStop) {
		t.Errorf("the error is %v", err)
	}
	if s, err := c.State(t.Context(), id, testOwner); err != nil || s.Count() != 0 {
		t.Errorf("the state is %+v, %v", s, err)
	}
}

// hostile answers a health check, and everything else as it is told.
func hostile(t *testing.T, answer http.HandlerFunc) *Client {
	return startServer(t, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.URL.Path == "/api/health" {
			_, _ = w.Write(wire.RelayHealth{Service: wire.RelayService}.Append(nil))
			return
		}
		answer(w, req)
	}))
}

// Whatever a relay answers, the client says what is wrong and does not believe it.
func TestHostileAnswers(t *testing.T) {
	id := storelink.ID{7}
	good := `{"id":"` + id.String() + `","created":1,"expires":2,"complete":false,"size":0,"downloads":1,"done":0,"fetching":0,"max_part":1,"parts":[`
	var protocol *rendezvous.ProtocolError
	for _, body := range []string{
		"", "{", "[]", "null", strings.Repeat(" ", maxAnswer+1),
		`{"id":"` + strings.Repeat("0", 32) + `"}`,
		strings.Replace(good, `"size":0`, `"size":-1`, 1) + "]}",
		strings.Replace(good, `"expires":2`, `"expires":9223372036854775807`, 1) + "]}",
		good + "[-1,2]]}", good + "[0,0]]}", good + "[0,2],[1,2]]}", good + "[0,1048577]]}", good + "[1048576,1]]}",
		good + "[9223372036854775807,9223372036854775807]]}",
		good + `],"part_segments":-1}`, good + `],"part_segments":640}`,
	} {
		c := hostile(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) })
		if s, err := c.State(t.Context(), id, testOwner); !errors.As(err, &protocol) {
			t.Errorf("%.60s: %+v, %v", body, s, err)
		}
	}
	c := hostile(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, good+"[0,2],[5,1]]}") })
	if s, err := c.State(t.Context(), id, testOwner); err != nil || s.Count() != 3 || !s.Has(5) || s.Has(2) {
		t.Errorf("an honest answer: %+v, %v", s, err)
	}

	for name, answer := range map[string]http.HandlerFunc{
		"all of it":     func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 10)) },
		"another range": rangeAnswer("bytes 1-10/100", 10),
		"no range":      rangeAnswer("", 10),
		"a longer one":  rangeAnswer("bytes 0-10/100", 11),
		"of less":       rangeAnswer("bytes 0-9/5", 10),
	} {
		if body, err := hostile(t, answer).Data(t.Context(), id, testClaim, 0, 10); err == nil {
			_ = body.Close()
			t.Errorf("%s: is taken", name)
		}
	}
	body, err := hostile(t, rangeAnswer("bytes 0-9/100", 4)).Data(t.Context(), id, testClaim, 0, 10)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(body); err == nil || len(got) != 4 {
		t.Errorf("a range that is cut off: %d bytes, %v", len(got), err)
	}
	_ = body.Close()

	short := hostile(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, OfferSize-1)) })
	if _, err := short.Offer(t.Context(), id); err == nil {
		t.Error("half an offer is taken")
	}
	moved := hostile(t, func(w http.ResponseWriter, req *http.Request) {
		http.Redirect(w, req, "http://elsewhere.example/", http.StatusTemporaryRedirect)
	})
	if err := moved.PutPart(t.Context(), id, testOwner, 0, bytes.NewReader([]byte{1}), Pace{}); !errors.As(err, &protocol) {
		t.Errorf("a redirect: %v", err)
	}
	painted := hostile(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusInsufficientStorage)
		_, _ = io.WriteString(w, `{"error":"store-full","message":"\u001b[31mfull\u0007"}`)
	})
	var full *Error
	if _, err := painted.Create(t.Context(), Creation{Size: 1}); !errors.As(err, &full) || full.Word != Full || full.Message != "[31mfull" {
		t.Errorf("control characters: %q", err)
	}
}

func rangeAnswer(header string, n int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if header != "" {
			w.Header().Set("Content-Range", header)
		}
		w.WriteHeader(http.StatusPartialContent)
		_, _ = w.Write(make([]byte, n))
	}
}

// A relay that takes nothing, or sends nothing, is given up.
func TestQuietRelay(t *testing.T) {
	ended := make(chan struct{})
	c := hostile(t, func(w http.ResponseWriter, req *http.Request) {
		if req.Method == http.MethodGet {
			w.Header().Set("Content-Range", "bytes 0-9/100")
			w.WriteHeader(http.StatusPartialContent)
			_ = http.NewResponseController(w).Flush()
		}
		select {
		case <-req.Context().Done():
		case <-ended:
		}
	})
	defer close(ended)
	c.quiet = 50 * time.Millisecond
	var unreachable *rendezvous.UnreachableError
	if err := c.PutPart(t.Context(), storelink.ID{7}, testOwner, 0, bytes.NewReader(make([]byte, 100)), Pace{}); !errors.As(err, &unreachable) {
		t.Errorf("a part: %v", err)
	}
	body, err := c.Data(t.Context(), storelink.ID{7}, testClaim, 0, 10)
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	if _, err := io.ReadAll(body); !errors.As(err, &unreachable) {
		t.Errorf("a range: %v", err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	errStop := errors.New("stop")
	cancel(errStop)
	if _, err := c.State(ctx, storelink.ID{7}, testOwner); !errors.Is(err, errStop) {
		t.Errorf("a context that has ended: %v", err)
	}
}
