// Package relaytest runs relays for tests: on loopback, without rate limits, and
// with connections that a test can break. Start with [Start].
package relaytest

import (
	"context"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/relay"
)

// shutdownTimeout bounds how long a relay may take to shut down.
const shutdownTimeout = 30 * time.Second

// Relay is a relay on loopback.
type Relay struct {
	net.Listener
	URL string // ws://127.0.0.1:PORT

	config relay.Config

	mu    sync.Mutex
	relay *relay.Relay
	conns map[net.Conn]struct{}
	away  bool
}

// Start runs a relay until the test ends. Unless config sets RoomsPerMinute,
// rooms and joins are not limited.
func Start(t testing.TB, config relay.Config) *Relay {
	t.Helper()
	if config.RoomsPerMinute == 0 {
		config.RoomsPerMinute, config.JoinsPerMinute = -1, -1
	}
	handler, err := relay.New(config)
	if err != nil {
		t.Fatal(err)
	}
	r := &Relay{config: config, relay: handler, conns: make(map[net.Conn]struct{})}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		r.current().ServeHTTP(w, req)
	}))
	r.Listener = server.Listener
	server.Listener = r
	server.Start()
	r.URL = "ws://" + server.Listener.Addr().String()
	t.Cleanup(func() {
		shutdown(t, r.current())
		r.Cut()
		server.Close()
	})
	return r
}

// Restart replaces the relay with a new one at the same address, which has none of
// its rooms. If announced, the old relay says that it shuts down, else its
// connections just break. Other senders have the nameplates in taken by then.
func (r *Relay) Restart(t testing.TB, announced bool, taken ...string) {
	t.Helper()
	handler, err := relay.New(r.config)
	if err != nil {
		t.Fatal(err)
	}
	for _, nameplate := range taken {
		answer := httptest.NewRecorder()
		body := strings.NewReader(`{"nonce":"000102030405060708090a0b0c0d0e0f","nameplate":"` + nameplate + `"}`)
		handler.ServeHTTP(answer, httptest.NewRequest(http.MethodPost, "/api/session", body))
		if answer.Code != http.StatusCreated {
			t.Fatalf("another sender asked for %s: %s", nameplate, answer.Body)
		}
	}
	r.mu.Lock()
	old := r.relay
	r.relay = handler
	r.mu.Unlock()
	if announced {
		shutdown(t, old)
	} else {
		_ = old.Close()
	}
}

func (r *Relay) current() *relay.Relay {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.relay
}

func shutdown(t testing.TB, old *relay.Relay) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), shutdownTimeout)
	defer cancel()
	if err := old.Shutdown(ctx); err != nil {
		t.Errorf("the relay does not shut down: %v", err)
	}
}

// Accept accepts a connection. While the relay is away it closes them instead.
func (r *Relay) Accept() (net.Conn, error) {
	for {
		c, err := r.Listener.Accept()
		if err != nil {
			return nil, err
		}
		r.mu.Lock()
		if r.away {
			r.mu.Unlock()
			_ = c.Close()
			continue
		}
		r.conns[c] = struct{}{}
		r.mu.Unlock()
		return c, nil
	}
}

// Cut breaks all connections. New ones are accepted.
func (r *Relay) Cut() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cut()
}

// CutterOfCurrent returns a function that breaks the connections that exist now,
// but none that are made later.
func (r *Relay) CutterOfCurrent() (cut func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	current := slices.Collect(maps.Keys(r.conns))
	return func() {
		for _, c := range current {
			_ = c.Close()
		}
	}
}

// GoAway breaks all connections, and refuses new ones until ComeBack.
func (r *Relay) GoAway() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.away = true
	r.cut()
}

// ComeBack accepts connections again.
func (r *Relay) ComeBack() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.away = false
}

// cut is Cut with r.mu held.
func (r *Relay) cut() {
	for c := range r.conns {
		_ = c.Close()
	}
	clear(r.conns)
}

// Connections returns the number of connections since the last Cut.
func (r *Relay) Connections() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.conns)
}
