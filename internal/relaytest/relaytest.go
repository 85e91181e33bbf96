// Package relaytest serves relays for tests: on loopback, without limits, and
// with connections that can be cut. Start with [Start].
package relaytest

import (
	"context"
	"maps"
	"net"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/relay"
)

// shutdownTimeout bounds how long a relay may take to end.
const shutdownTimeout = 30 * time.Second

// Relay is a relay on this machine.
type Relay struct {
	net.Listener
	URL string // ws://127.0.0.1:PORT

	mu    sync.Mutex
	conns map[net.Conn]struct{}
	away  bool
}

// Start serves a relay until the test ends. Unless config has limits of its
// own, there are none on rooms and joins.
func Start(t testing.TB, config relay.Config) *Relay {
	t.Helper()
	if config.RoomsPerMinute == 0 {
		config.RoomsPerMinute, config.JoinsPerMinute = -1, -1
	}
	handler, err := relay.New(config)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(handler)
	r := &Relay{Listener: server.Listener, conns: make(map[net.Conn]struct{})}
	server.Listener = r
	server.Start()
	r.URL = "ws://" + server.Listener.Addr().String()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), shutdownTimeout)
		defer cancel()
		if err := handler.Shutdown(ctx); err != nil {
			t.Errorf("the relay does not end: %v", err)
		}
		r.Cut()
		server.Close()
	})
	return r
}

// Accept accepts connections as long as the relay is there.
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

// Cut breaks all connections. There may be new ones.
func (r *Relay) Cut() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cut()
}

// CutterOfPresent returns a function that breaks the connections that there are
// now, and no later ones.
func (r *Relay) CutterOfPresent() (cut func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	present := slices.Collect(maps.Keys(r.conns))
	return func() {
		for _, c := range present {
			_ = c.Close()
		}
	}
}

// GoAway breaks all connections, and every new one, until ComeBack.
func (r *Relay) GoAway() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.away = true
	r.cut()
}

// ComeBack takes new connections again.
func (r *Relay) ComeBack() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.away = false
}

// cut is Cut; r.mu is held.
func (r *Relay) cut() {
	for c := range r.conns {
		_ = c.Close()
	}
	clear(r.conns)
}

// Connections is how many there were since the last Cut.
func (r *Relay) Connections() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.conns)
}
