package tallow_test

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/relay"
)

// restartableRelay is a relay that can be restarted, which loses its rooms.
type restartableRelay struct {
	current atomic.Pointer[relay.Relay]
	server  *httptest.Server
	old     sync.WaitGroup // relays that are being shut down
}

func startRestartableRelay() (*restartableRelay, error) {
	f := &restartableRelay{}
	if err := f.restart(); err != nil {
		return nil, err
	}
	f.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.current.Load().ServeHTTP(w, r)
	}))
	return f, nil
}

func (f *restartableRelay) restart() error {
	r, err := relay.New(relay.Config{RoomsPerMinute: -1, JoinsPerMinute: -1, ResumesPerMinute: -1})
	if err != nil {
		return err
	}
	old := f.current.Swap(r)
	if old != nil {
		f.old.Go(func() { shutDown(old) })
	}
	return nil
}

func shutDown(r *relay.Relay) {
	ctx, cancel := context.WithTimeout(context.Background(), testTimeout)
	defer cancel()
	_ = r.Shutdown(ctx)
}

func (f *restartableRelay) close() {
	shutDown(f.current.Load())
	f.old.Wait()
	f.server.Close()
}

// proxy forwards the connections of one peer to a relay. A test can observe and
// change what it forwards.
type proxy struct {
	upstream string // HOST:PORT of the relay
	url      string
	listener net.Listener
	server   *httptest.Server
	client   *http.Transport
	handlers sync.WaitGroup

	// Called for each TCP connection, and for each join of a room; either may be
	// nil. They return what changes the bytes, or the payloads.
	filterBytes    func(n int, ended <-chan struct{}) (in, out *flow)
	filterPayloads func(n int, join wire.RoomJoin, ended <-chan struct{}) (in, out filter)

	mu     sync.Mutex
	conns  map[*proxyConn]struct{}
	nConns int
	nJoins int
	closed time.Time // until then no connection is accepted
}

// filter returns what to deliver in place of a payload. Unless alive, the
// connection ends after that.
type filter func(payload []byte) (out [][]byte, alive bool)

// newProxy returns a proxy for the relay at upstream. Open starts it.
func newProxy(upstream string) *proxy {
	return &proxy{upstream: upstream, conns: make(map[*proxyConn]struct{})}
}

func (p *proxy) open() {
	p.client = &http.Transport{DisableKeepAlives: true}
	api := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: p.upstream})
	api.Transport = p.client
	api.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) }
	mux := http.NewServeMux()
	mux.Handle("/api/", api)
	mux.HandleFunc("/ws", p.join)
	p.server = httptest.NewUnstartedServer(mux)
	p.server.Config.ErrorLog = log.New(io.Discard, "", 0) // errors are expected
	p.listener = p.server.Listener
	p.server.Listener = p
	p.server.Start()
	p.url = "ws://" + p.listener.Addr().String()
}

func (p *proxy) close() {
	p.cut(testTimeout)
	p.server.Close()
	p.handlers.Wait()
}

// cut breaks every connection, and accepts no new ones for a while.
func (p *proxy) cut(span time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = time.Now().Add(span)
	for c := range p.conns {
		_ = c.abort()
	}
	clear(p.conns)
}

// Addr and Close make a proxy a net.Listener.
func (p *proxy) Addr() net.Addr { return p.listener.Addr() }
func (p *proxy) Close() error   { return p.listener.Close() }

// Accept accepts the next connection.
func (p *proxy) Accept() (net.Conn, error) {
	for {
		inner, err := p.listener.Accept()
		if err != nil {
			return nil, err
		}
		c := &proxyConn{Conn: inner, proxy: p, ended: make(chan struct{})}
		p.mu.Lock()
		if time.Now().Before(p.closed) {
			p.mu.Unlock()
			_ = inner.Close()
			continue
		}
		p.conns[c] = struct{}{}
		n := p.nConns
		p.nConns++
		p.mu.Unlock()
		c.in, c.out = &flow{}, &flow{}
		if p.filterBytes != nil {
			c.in, c.out = p.filterBytes(n, c.ended)
		}
		return c, nil
	}
}

// proxyConn is a connection from a peer to a proxy.
type proxyConn struct {
	net.Conn
	proxy *proxy
	once  sync.Once
	ended chan struct{}

	in, out *flow
	rest    []byte // read, but not yet returned
}

func (c *proxyConn) Read(b []byte) (int, error) {
	for len(c.rest) == 0 {
		n, err := c.Conn.Read(b)
		if err != nil {
			return 0, err
		}
		parts, alive := c.in.bytes(b[:n])
		var read []byte
		for _, p := range parts {
			read = append(read, p...)
		}
		c.rest = read
		if !alive {
			_ = c.Close()
		}
	}
	n := copy(b, c.rest)
	c.rest = c.rest[n:]
	return n, nil
}

func (c *proxyConn) Write(b []byte) (int, error) {
	parts, alive := c.out.bytes(b)
	for _, p := range parts {
		if _, err := c.Conn.Write(p); err != nil {
			return 0, err
		}
	}
	if !alive {
		_ = c.Close()
		return 0, net.ErrClosed
	}
	return len(b), nil
}

func (c *proxyConn) Close() error {
	c.proxy.mu.Lock()
	delete(c.proxy.conns, c)
	c.proxy.mu.Unlock()
	return c.abort()
}

func (c *proxyConn) abort() error {
	c.once.Do(func() { close(c.ended) })
	return c.Conn.Close()
}

// join joins a room at the relay on behalf of a peer, and forwards messages.
func (p *proxy) join(w http.ResponseWriter, req *http.Request) {
	p.handlers.Add(1)
	defer p.handlers.Done()
	var up websocket.Upgrader
	authorization := req.Header.Get("Authorization")
	join, _, _ := wire.ParseRoomAuthorization(authorization)
	client, err := up.Upgrade(w, req, http.Header{wire.RoomJoinHeader: {wire.RoomJoinHeard}})
	if err != nil {
		return
	}
	defer client.Close()
	var dialer websocket.Dialer
	upstream, _, err := dialer.DialContext(req.Context(), "ws://"+p.upstream+"/ws", http.Header{"Authorization": {authorization}})
	if err != nil {
		return
	}
	p.mu.Lock()
	n := p.nJoins
	p.nJoins++
	p.mu.Unlock()
	ended := make(chan struct{})
	hangUp := sync.OnceFunc(func() {
		close(ended)
		_ = client.Close()
		_ = upstream.Close()
	})
	var in, out filter
	if p.filterPayloads != nil {
		in, out = p.filterPayloads(n, join, ended)
	}
	var both sync.WaitGroup
	both.Go(func() { // a stalled filter does not read, so it does not see the end
		select {
		case <-client.NetConn().(*proxyConn).ended:
			hangUp()
		case <-ended:
		}
	})
	both.Go(func() { defer hangUp(); pass(upstream, client, out) })
	both.Go(func() { defer hangUp(); pass(client, upstream, in) })
	both.Wait()
}

// pass forwards messages until a connection or the filter ends.
func pass(from, to *websocket.Conn, through filter) {
	for {
		kind, m, err := from.ReadMessage()
		if err != nil {
			return
		}
		frames, alive := [][]byte{m}, true
		if through != nil && len(m) > 0 && m[0] == byte(wire.RoomForwardKind) {
			var payloads [][]byte
			payloads, alive = through(m[1:])
			frames = nil
			for _, p := range payloads {
				frames = append(frames, append([]byte{byte(wire.RoomForwardKind)}, p...))
			}
		}
		for _, f := range frames {
			if to.WriteMessage(kind, f) != nil {
				return
			}
		}
		if !alive {
			return
		}
	}
}
