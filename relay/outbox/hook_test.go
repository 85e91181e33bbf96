package outbox_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/internal/mail"
	"github.com/tallow-transfer/tallow/internal/mail/mailtest"
	"github.com/tallow-transfer/tallow/internal/publicaddr"
	"github.com/tallow-transfer/tallow/relay/outbox"
	"github.com/tallow-transfer/tallow/relay/stored"
)

// called is a call that a hook has got.
type called struct {
	header http.Header
	method string
	body   string
}

// hook is a server of a sender that is told of events.
type hook struct {
	*httptest.Server
	mu     sync.Mutex
	calls  []called
	answer func(n int) int // the status for call n, from 1
}

func startHook(t *testing.T, answer func(n int) int) *hook {
	t.Helper()
	h := &hook{answer: answer}
	h.Server = httptest.NewTLSServer(h)
	t.Cleanup(h.Close)
	return h
}

func (h *hook) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	h.mu.Lock()
	h.calls = append(h.calls, called{req.Header, req.Method, string(body)})
	n := len(h.calls)
	h.mu.Unlock()
	status := http.StatusOK
	if h.answer != nil {
		status = h.answer(n)
	}
	if status/100 == 3 {
		w.Header().Set("Location", "/elsewhere")
	}
	w.WriteHeader(status)
}

func (h *hook) all() []called {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.calls)
}

// private returns hooks that may call servers of this machine.
func private(h *hook) *outbox.Hooks {
	return &outbox.Hooks{
		AllowPrivate: true, Roots: h.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs,
		Schedule: mail.Schedule{Waits: []time.Duration{10 * time.Millisecond}, GiveUp: time.Hour},
	}
}

func look(t *testing.T, s *stored.Service, id stored.ID) {
	t.Helper()
	r, err := s.Offer(t.Context(), id, 3)
	if err != nil {
		t.Fatal(err)
	}
	_ = r.Close()
}

// A sender is told with a signature that it can check, and which is computed here a
// second way.
func TestHook(t *testing.T) {
	h := startHook(t, nil)
	s := openStore(t)
	id := stores(t, s, h.URL+"/path?query=1")
	run(t, outbox.Config{Service: s, Hooks: private(h)})
	before := time.Now().Unix()
	look(t, s, id)
	eventually(t, "the hook is called", func() bool { return len(h.all()) == 1 })
	got := h.all()[0]
	token := owner()
	key := sha256.Sum256(token[:])
	sum := hmac.New(sha256.New, key[:])
	sum.Write([]byte(got.body))
	if got.method != http.MethodPost || got.header.Get("Content-Type") != "application/json" || got.header.Get("Tallow-Signature") != "sha256="+hex.EncodeToString(sum.Sum(nil)) {
		t.Errorf("the call is %+v", got)
	}
	var fields map[string]any
	if err := json.Unmarshal([]byte(got.body), &fields); err != nil {
		t.Fatal(err)
	}
	at, _ := fields["time"].(float64)
	delete(fields, "time")
	want := map[string]any{"id": id.String(), "event": "opened", "done": 0.0, "downloads": 2.0}
	if !maps.Equal(fields, want) || int64(at) < before || int64(at) > before+600 {
		t.Errorf("it is told %s", got.body)
	}
}

// A hook that fails is called again until it takes the event, and those that follow wait for it.
func TestHookTriesAgain(t *testing.T) {
	h := startHook(t, func(n int) int { return []int{500, 404, 302, 429, 200}[min(n, 5)-1] })
	server := mailtest.StartSMTP(t, mailtest.Options{})
	s := openStore(t)
	id := stores(t, s, h.URL)
	var told results
	_, stop := run(t, outbox.Config{Service: s, Hooks: private(h), Mail: account(server), Told: told.add})
	look(t, s, id)
	queue(t, s, id, "n", "bob@example.org")
	eventually(t, "all is told", func() bool { return len(h.all()) == 6 })
	eventually(t, "nothing is left", func() bool {
		r, err := s.Find(t.Context(), id)
		return err == nil && len(r.Events) == 0
	})
	stop()
	var events []string
	for _, c := range h.all() {
		var told struct{ Event string }
		if err := json.Unmarshal([]byte(c.body), &told); err != nil {
			t.Fatal(err)
		}
		events = append(events, told.Event)
	}
	if want := []string{"opened", "opened", "opened", "opened", "opened", "mail-sent"}; !slices.Equal(events, want) {
		t.Errorf("told were %q, want %q", events, want)
	}
	if told.count("callback retried") != 4 || told.count("callback sent") != 2 {
		t.Errorf("told were %v", told.all)
	}
}

// One that is gone, and one that never answers as it should, are given up.
func TestHookGivesUp(t *testing.T) {
	gone := startHook(t, func(int) int { return http.StatusGone })
	s := openStore(t)
	id := stores(t, s, gone.URL)
	_, stop := run(t, outbox.Config{Service: s, Hooks: private(gone)})
	look(t, s, id)
	empty := func(id stored.ID) func() bool {
		return func() bool {
			r, err := s.Find(t.Context(), id)
			return err == nil && !r.Opened.IsZero() && len(r.Events) == 0
		}
	}
	eventually(t, "the event is given up", empty(id))
	stop()
	if n := len(gone.all()); n != 1 {
		t.Errorf("%d calls, want 1", n)
	}

	broken := startHook(t, func(int) int { return http.StatusInternalServerError })
	id = stores(t, s, broken.URL)
	hooks := private(broken)
	hooks.Schedule = twice()
	run(t, outbox.Config{Service: s, Hooks: hooks})
	look(t, s, id)
	eventually(t, "the event is given up", empty(id))
	if n := len(broken.all()); n != 2 {
		t.Errorf("%d calls, want 2", n)
	}
}

// The end of a transfer is told although the transfer is gone.
func TestHookOfExpiry(t *testing.T) {
	h := startHook(t, nil)
	s := openStore(t)
	token := owner()
	r, err := s.Create(t.Context(), stored.Request{
		Size: 5, Owner: sha256.Sum256(token[:]), Proof: stored.Hash{2}, Downloads: 1, Notify: h.URL, Life: 50 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	run(t, outbox.Config{Service: s, Hooks: private(h)})
	eventually(t, "its end is told", func() bool {
		if _, err := s.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		return len(h.all()) == 1
	})
	if body := h.all()[0].body; !strings.Contains(body, `"event":"expired"`) || !strings.Contains(body, r.ID.String()) {
		t.Errorf("told was %s", body)
	}
}

// Without the operator's leave nothing is sent into this machine or a private network,
// also when a name leads there, and nothing that redirects.
func TestHookStaysOutside(t *testing.T) {
	var connections atomic.Int64
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var accepting sync.WaitGroup
	accepting.Go(func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			connections.Add(1)
			_ = c.Close()
		}
	})
	defer accepting.Wait()
	defer listener.Close()
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	s := openStore(t)
	var told results
	run(t, outbox.Config{Service: s, Hooks: &outbox.Hooks{}, Told: told.add})
	for i, url := range []string{"https://localhost:" + port, "https://127.0.0.1:" + port} { // the second is refused earlier, when it is stored
		id := stores(t, s, url)
		look(t, s, id)
		eventually(t, "the event is given up", func() bool { return told.count("callback failed") == i+1 })
	}
	if n := connections.Load(); n != 0 {
		t.Errorf("there were %d connections", n)
	}
}

func TestHookChecks(t *testing.T) {
	outside, inside := &outbox.Hooks{}, &outbox.Hooks{AllowPrivate: true}
	for _, tc := range []struct {
		url             string
		outside, inside bool
	}{
		{"https://hook.example/path?q=1", true, true},
		{"https://hook.example:8443", true, true},
		{"https://1.1.1.1/", true, true},
		{"https://[2606:4700::1111]/", true, true},
		{"http://hook.example", false, false},
		{"http://1.1.1.1", false, false},
		{"https://127.0.0.1", false, true},
		{"http://127.0.0.1:8080", false, true},
		{"http://[::1]:8080", false, true},
		{"http://localhost:8080", false, true},
		{"https://10.0.0.1", false, true},
		{"http://10.0.0.1", false, false},
		{"https://[fd00::1]", false, true},
		{"https://[::ffff:192.168.0.1]", false, true},
		{"https://169.254.169.254/latest/meta-data", false, false},
		{"https://[fe80::1]", false, false},
		{"https://[64:ff9b::a9fe:a9fe]", false, false},
		{"https://0.0.0.0", false, false},
		{"https://user:password@hook.example", false, false},
		{"https://hook.example/#x", false, false},
		{"ftp://hook.example", false, false},
		{"https:hook.example", false, false},
		{"https://", false, false},
		{"", false, false},
		{"https://hook.example/" + strings.Repeat("x", 2000), false, false},
		{"https://hook.example\r\nX: y", false, false},
	} {
		if err := outside.Check(tc.url); (err == nil) != tc.outside || err != nil && !errors.Is(err, outbox.ErrURL) {
			t.Errorf("%q: %v, want allowed: %v", tc.url, err, tc.outside)
		}
		if err := inside.Check(tc.url); (err == nil) != tc.inside {
			t.Errorf("%q where private addresses are allowed: %v, want allowed: %v", tc.url, err, tc.inside)
		}
	}
}

// A relay that calls nobody any more forgets what it was to tell.
func TestHookOff(t *testing.T) {
	s := openStore(t)
	id := stores(t, s, "https://hook.example")
	look(t, s, id)
	run(t, outbox.Config{Service: s})
	eventually(t, "it is forgotten", func() bool {
		r, err := s.Find(t.Context(), id)
		return err == nil && len(r.Events) == 0
	})
}

// A URL that may be called is one of https, without a user, and to no address of a
// private network.
func FuzzHookCheck(f *testing.F) {
	for _, text := range []string{"https://hook.example/x?y", "https://10.0.0.1", "https://[::ffff:10.0.0.1]", "http://localhost", "https://a@b", "//x", "https://0x7f.1/"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if (&outbox.Hooks{}).Check(text) != nil {
			return
		}
		u, err := url.Parse(text)
		if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil {
			t.Errorf("%q may be called: %v, %v", text, u, err)
			return
		}
		if a, err := netip.ParseAddr(u.Hostname()); err == nil && publicaddr.Of(a) != publicaddr.Public {
			t.Errorf("%q may be called", text)
		}
		if _, err := http.NewRequest(http.MethodPost, text, nil); err != nil {
			t.Errorf("%q may be called: %v", text, err)
		}
	})
}
