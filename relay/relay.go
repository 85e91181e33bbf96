package relay

import (
	"context"
	"net/http"
	"sync"

	"github.com/gorilla/websocket"
	"golang.org/x/time/rate"

	"github.com/tallow-transfer/tallow/internal/turnserver"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// Relay is an http.Handler that lets peers meet in rooms. It is made by New
// and ended by Shutdown or Close.
type Relay struct {
	config   Config
	routes   http.Handler
	upgrader websocket.Upgrader
	table    *table
	opens    *limiter
	joins    *limiter
	resumes  *limiter
	stun     *limiter
	turn     *turnService // nil for none
	messages sync.Pool

	mu         sync.Mutex
	turnServer *turnserver.Server // nil unless Serve runs one
	serving    map[*socket]struct{}
	closing    bool
	drained    chan struct{} // closed when closing and no socket is served any more
}

// New makes a relay. It starts nothing: a relay works only while it serves
// requests.
func New(config Config) (*Relay, error) {
	config, err := config.withDefaults()
	if err != nil {
		return nil, err
	}
	r := &Relay{
		config:  config,
		table:   newTable(config.limits(), config.NameplateDigits),
		opens:   newLimiter(config.RoomsPerMinute, config.RoomsPerMinute/3),
		joins:   newLimiter(config.JoinsPerMinute, config.JoinsPerMinute/3),
		resumes: newLimiter(config.ResumesPerMinute, config.ResumesPerMinute/3),
		stun:    newLimiter(stunPerMinute, stunBurst),
		turn:    newTURNService(config.TURN),
		serving: make(map[*socket]struct{}),
		drained: make(chan struct{}),
	}
	r.table.hasTURN = r.turn != nil
	r.upgrader = websocket.Upgrader{
		// There are no cookies, nor anything else that a browser adds on its own, so
		// pages of any origin may use the relay.
		CheckOrigin:      func(*http.Request) bool { return true },
		HandshakeTimeout: upgradeTimeout,
		Error:            refuseUpgrade,
		// The HTTP server's small buffers suffice, since long messages bypass them.
	}
	r.messages.New = func() any {
		// One byte more than the largest frame, so that a larger one shows.
		return &message{frame: make([]byte, 0, 1+config.MaxMessage+1), pool: &r.messages}
	}
	r.routes = r.newRoutes()
	return r, nil
}

// ServeHTTP answers every request to the relay.
func (r *Relay) ServeHTTP(w http.ResponseWriter, req *http.Request) { r.routes.ServeHTTP(w, req) }

// Shutdown ends all rooms, tells their peers that the relay closes, and waits
// until the last peer is gone. When ctx ends, it cuts off those that are left and
// returns the cause of ctx. From then on the relay refuses everything but the
// static page and the health.
func (r *Relay) Shutdown(ctx context.Context) error {
	r.startClosing()
	r.table.close()
	r.dismissUnjoined()

	select {
	case <-r.drained:
		return nil
	case <-ctx.Done():
		r.cutOff()
		<-r.drained
		return context.Cause(ctx)
	}
}

// Close ends all rooms at once, without telling their peers. It returns nil.
func (r *Relay) Close() error {
	r.startClosing()
	r.cutOff()
	r.table.close()
	<-r.drained
	return nil
}

func (r *Relay) startClosing() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.closing {
		r.closing = true
		r.checkDrained()
	}
}

func (r *Relay) isClosing() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.closing
}

// enter counts a socket in, unless the relay is closing.
func (r *Relay) enter(s *socket) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closing {
		return false
	}
	r.serving[s] = struct{}{}
	return true
}

func (r *Relay) exit(s *socket) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.serving, s)
	r.checkDrained()
}

// checkDrained closes drained when the last socket of a closing relay is gone.
// The relay is locked.
func (r *Relay) checkDrained() {
	if r.closing && len(r.serving) == 0 {
		close(r.drained)
	}
}

// dismissUnjoined disconnects those that are in no room, and so not on the table.
func (r *Relay) dismissUnjoined() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for s := range r.serving {
		if !s.joined.Load() {
			s.peer.dismiss(wire.RoomClosing)
		}
	}
}

func (r *Relay) cutOff() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for s := range r.serving {
		_ = s.conn.Close()
	}
}

// newSpeed returns the limit of what one peer may send, or nil for none.
func (r *Relay) newSpeed() *rate.Limiter {
	if r.config.BytesPerSecond == 0 {
		return nil
	}
	return rate.NewLimiter(rate.Limit(r.config.BytesPerSecond), max(r.config.BytesPerSecond, wire.MaxRoomFrame))
}
