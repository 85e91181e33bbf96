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

// forgetfulRelay is an honest relay that can be started again.
type forgetfulRelay struct {
	current atomic.Pointer[relay.Relay]
	server  *httptest.Server
	old     sync.WaitGroup
}

func startForgetfulRelay() (*forgetfulRelay, error) {
	f := &forgetfulRelay{}
	if err := f.fresh(); err != nil {
		return nil, err
	}
	f.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.current.Load().ServeHTTP(w, r)
	}))
	return f, nil
}

func (f *forgetfulRelay) fresh() error {
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
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_ = r.Shutdown(ctx)
}

func (f *forgetfulRelay) close() {
	shutDown(f.current.Load())
	f.old.Wait()
	f.server.Close()
}

// road is the way of one side to a relay. What passes on it may be watched and
// changed.
type road struct {
	upstream string // HOST:PORT of the relay
	url      string
	listener net.Listener
	server   *httptest.Server
	client   *http.Transport
	seats    sync.WaitGroup

	// Either may be nil: what changes the bytes of a connection, and the payloads
	// of a seat in a room. They are made anew for each.
	wires  func(n int, ended <-chan struct{}) (in, out *flow)
	rooms  func(n int, join wire.RoomJoin, ended <-chan struct{}) (in, out passage)
	mu     sync.Mutex
	conns  map[*roadConn]struct{}
	nConns int
	nSeats int
	closed time.Time // until when nobody gets through
}

// passage says what becomes of a payload; the connection ends unless alive.
type passage func(payload []byte) (out [][]byte, alive bool)

// roadTo makes a road; open starts it.
func roadTo(upstream string) *road {
	return &road{upstream: upstream, conns: make(map[*roadConn]struct{})}
}

func (r *road) open() {
	r.client = &http.Transport{DisableKeepAlives: true}
	api := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: r.upstream})
	api.Transport = r.client
	api.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) }
	mux := http.NewServeMux()
	mux.Handle("/api/", api)
	mux.HandleFunc("/ws", r.seat)
	r.server = httptest.NewUnstartedServer(mux)
	r.server.Config.ErrorLog = log.New(io.Discard, "", 0) // it is meant to break
	r.listener = r.server.Listener
	r.server.Listener = r
	r.server.Start()
	r.url = "ws://" + r.listener.Addr().String()
}

func (r *road) close() {
	r.cut(patience)
	r.server.Close()
	r.seats.Wait()
}

// cut breaks every connection, and lets no new ones through for a while.
func (r *road) cut(span time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = time.Now().Add(span)
	for c := range r.conns {
		_ = c.abort()
	}
	clear(r.conns)
}

// Addr and Close make a road a net.Listener.
func (r *road) Addr() net.Addr { return r.listener.Addr() }
func (r *road) Close() error   { return r.listener.Close() }

// Accept lets the next connection through.
func (r *road) Accept() (net.Conn, error) {
	for {
		inner, err := r.listener.Accept()
		if err != nil {
			return nil, err
		}
		c := &roadConn{Conn: inner, road: r, ended: make(chan struct{})}
		r.mu.Lock()
		if time.Now().Before(r.closed) {
			r.mu.Unlock()
			_ = inner.Close()
			continue
		}
		r.conns[c] = struct{}{}
		n := r.nConns
		r.nConns++
		r.mu.Unlock()
		c.in, c.out = &flow{}, &flow{}
		if r.wires != nil {
			c.in, c.out = r.wires(n, c.ended)
		}
		return c, nil
	}
}

// roadConn is a connection on a road.
type roadConn struct {
	net.Conn
	road  *road
	once  sync.Once
	ended chan struct{}

	in, out *flow
	rest    []byte // read and not yet taken
}

func (c *roadConn) Read(b []byte) (int, error) {
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

func (c *roadConn) Write(b []byte) (int, error) {
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

func (c *roadConn) Close() error {
	c.road.mu.Lock()
	delete(c.road.conns, c)
	c.road.mu.Unlock()
	return c.abort()
}

func (c *roadConn) abort() error {
	c.once.Do(func() { close(c.ended) })
	return c.Conn.Close()
}

// seat connects one side's seat in a room with the relay.
func (r *road) seat(w http.ResponseWriter, req *http.Request) {
	r.seats.Add(1)
	defer r.seats.Done()
	var up websocket.Upgrader
	authorization := req.Header.Get("Authorization")
	join, _, _ := wire.ParseRoomAuthorization(authorization)
	client, err := up.Upgrade(w, req, http.Header{wire.RoomJoinHeader: {wire.RoomJoinHeard}})
	if err != nil {
		return
	}
	defer client.Close()
	var dialer websocket.Dialer
	upstream, _, err := dialer.DialContext(req.Context(), "ws://"+r.upstream+"/ws", http.Header{"Authorization": {authorization}})
	if err != nil {
		return
	}
	r.mu.Lock()
	n := r.nSeats
	r.nSeats++
	r.mu.Unlock()
	ended := make(chan struct{})
	hangUp := sync.OnceFunc(func() {
		close(ended)
		_ = client.Close()
		_ = upstream.Close()
	})
	var in, out passage
	if r.rooms != nil {
		in, out = r.rooms(n, join, ended)
	}
	var both sync.WaitGroup
	both.Go(func() { // a passage that is stalled reads nothing, and does not see the end
		select {
		case <-client.NetConn().(*roadConn).ended:
			hangUp()
		case <-ended:
		}
	})
	both.Go(func() { defer hangUp(); pass(upstream, client, out) })
	both.Go(func() { defer hangUp(); pass(client, upstream, in) })
	both.Wait()
}

// pass forwards messages until one of the two ends, or the passage.
func pass(from, to *websocket.Conn, through passage) {
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
