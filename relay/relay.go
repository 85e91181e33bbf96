package relay

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"time"

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
	guesses  *guesses
	visits   *buckets[string] // of receivers, by nameplate; nil for no limit
	ledger   *ledger
	keys     passwords
	speed    *rate.Limiter // of all peers together; nil for no limit
	refusals *refusals
	ready    *readiness
	turn     *turnService // nil for none
	messages sync.Pool
	node     *node  // nil unless it is one of several
	store    *store // nil for none
	box      *box   // nil for none

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
	ledger := newLedger(config.Limits)
	r := &Relay{
		config:   config,
		ledger:   ledger,
		table:    newTable(config.limits(), config.NameplateDigits, ledger),
		guesses:  newGuesses(),
		keys:     newPasswords(config.Access),
		speed:    newSpeed(config.Limits.TotalBytesPerSecond),
		refusals: newRefusals(config.Logger),
		opens:    newLimiter(config.RoomsPerMinute, config.RoomsPerMinute/3),
		joins:    newLimiter(config.JoinsPerMinute, config.JoinsPerMinute/3),
		resumes:  newLimiter(config.ResumesPerMinute, config.ResumesPerMinute/3),
		stun:     newLimiter(stunPerMinute, stunBurst),
		turn:     newTURNService(config.TURN),
		serving:  make(map[*socket]struct{}),
		drained:  make(chan struct{}),
	}
	if n := config.Limits.JoinsPerNameplate; n >= 0 {
		r.visits = newBuckets[string](n, n/3)
	}
	r.ready = &readiness{relay: r, start: time.Now(), failed: make(map[string]bool)}
	r.table.observer, r.table.rejected = config.Observer, r.rejected
	r.table.hasTURN = r.turn != nil
	r.upgrader = websocket.Upgrader{
		CheckOrigin:      origins(config.Origins).allows,
		HandshakeTimeout: upgradeTimeout,
		Error:            r.refuseUpgrade,
		// The upgrader reads nothing (frames.go), and a buffer for writing is needed only
		// while something is written. So an idle connection, of which there are thousands,
		// takes little memory.
		ReadBufferSize:  1,
		WriteBufferPool: &sync.Pool{},
	}
	r.messages.New = func() any {
		return newMessage(1+config.MaxMessage, &r.messages)
	}
	if config.Cluster != nil {
		if r.node, err = newNode(config.Cluster, r.table, config.Logger); err != nil {
			return nil, err
		}
		r.config.Checks = append(slices.Clone(config.Checks), Check{Name: "store", Run: r.node.check})
	}
	r.store = newStore(r, config.Store)
	r.box = newBox(r, config.Mailbox, config.Cluster != nil)
	r.routes = r.newRoutes()
	config.Observer.Watch(r.Stats) // when all of it is there: it may be asked at once
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

	defer r.refusals.close()
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
	r.refusals.close()
	return nil
}

func (r *Relay) startClosing() {
	r.box.drain()
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

// rejected tells the log and the metrics of a refusal.
func (r *Relay) rejected(reason string) {
	r.refusals.add(reason)
	r.config.Observer.Rejected(reason)
}
