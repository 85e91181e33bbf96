package relay

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"runtime/debug"
	"time"

	"github.com/gorilla/websocket"
	"golang.org/x/time/rate"

	"github.com/tallow-transfer/tallow/internal/wire"
)

const (
	// upgradeTimeout is how long writing the answer to an upgrade may take.
	upgradeTimeout = 10 * time.Second
	// joinTimeout is how long a peer may take to join once its WebSocket is open.
	joinTimeout = 10 * time.Second

	// readBuffer is the size of a peer's buffer for heads of frames, in bytes. A whole
	// join fits.
	readBuffer = 512
)

// queryVersion is the version of the room protocol in which a peer joined by the
// query of the URL.
const queryVersion wire.RoomVersionError = 1

// serveSocket lets a peer join a room and serves it until it leaves. A refusal
// comes after the upgrade, as an error frame: that is the only place where a
// page in a browser can read it.
func (r *Relay) serveSocket(w http.ResponseWriter, req *http.Request) {
	if r.isClosing() || r.node != nil && r.table.isDraining() {
		refuse(w, http.StatusServiceUnavailable, wire.RoomClosing.String(), explain(wire.RoomClosing))
		return
	}
	if r.node != nil && !r.node.pulse.alive() { // a balancer tries another node then
		r.refuse(w, refusal{wire.RoomUnavailable, unavailableRetry})
		return
	}
	client := r.config.Access.clientAddr(req)
	holder := owner{client: clientKey(client)}
	if why := r.admitConnection(client, holder); why.code != 0 {
		r.refuse(w, why)
		return
	}
	conn, v := r.upgrade(w, req)
	if conn == nil {
		r.ledger.release(connections, holder)
		return
	}
	v.ctx, v.client, v.holder = context.WithoutCancel(req.Context()), client, holder
	s := newSocket(conn, &r.messages, r.config.Observer.Throttled)
	s.limit(newSpeed(r.config.BytesPerSecond), r.ledger.speedOf(holder.client), r.speed)
	s.turn = r.turn
	if !r.enter(s) {
		_ = conn.Close()
		r.ledger.release(connections, holder)
		return
	}
	// The handler ends here. Its goroutine, its request and its buffers would take more
	// memory, for as long as the peer stays, than all the rest. Shutdown and Close wait
	// for the goroutine that takes its place.
	go r.serveVisit(s, v)
}

// visit is what is known of a peer from its request.
type visit struct {
	ctx    context.Context // until the peer has joined
	client netip.Addr
	holder owner // of the connection

	// The join, if the request carried one: found says so, and err what is wrong
	// with it.
	join  wire.RoomJoin
	found bool
	err   error
}

// upgrade makes a WebSocket of a request. If that cannot be, it has answered, and
// returns nil.
func (r *Relay) upgrade(w http.ResponseWriter, req *http.Request) (*websocket.Conn, visit) {
	var v visit
	v.join, v.found, v.err = wire.ParseRoomAuthorization(req.Header.Get("Authorization"))
	if req.URL.RawQuery != "" {
		v.found, v.err = true, queryVersion
	}
	header := http.Header{}
	if v.found {
		header.Set(wire.RoomJoinHeader, wire.RoomJoinHeard)
	}
	conn, err := r.upgrader.Upgrade(w, req, header)
	if err != nil {
		return nil, visit{} // refuseUpgrade has answered
	}
	return conn, v
}

// serveVisit lets a peer join and serves it until it leaves.
func (r *Relay) serveVisit(s *socket, v visit) {
	defer r.survive()
	defer r.exit(s)
	defer func() { r.ledger.release(connections, v.holder) }()
	s.serve(func() *link { return r.receive(s, &v) })
}

// survive logs a panic that one peer has caused, and ends it. All others go on, as
// with net/http, whose handlers these goroutines were.
func (r *Relay) survive() {
	if v := recover(); v != nil {
		r.config.Logger.Error(fmt.Sprintf("relay: panic serving a peer: %v\n%s", v, debug.Stack()))
	}
}

// receive lets a peer join, or refuses it. It returns a link if the peer's room is
// at another node.
func (r *Relay) receive(s *socket, v *visit) *link {
	if !v.found {
		v.join, v.err = s.readJoin()
	}
	l, token, why := r.admit(v.ctx, s.peer, v.client, v.join, v.err)
	v.holder.token = token
	v.ctx, v.join = nil, wire.RoomJoin{}
	if why.code != 0 {
		r.rejected(why.code.String())
		s.peer.refuse(why)
	}
	if token != nil {
		s.limit(token.speed)
	}
	r.config.Logger.Debug("peer connected", "refusal", uint8(why.code), "passed", l != nil)
	return l
}

// limit adds limits of what the peer sends, of which nil is none.
func (s *socket) limit(speeds ...*rate.Limiter) {
	for _, speed := range speeds {
		if speed != nil {
			s.speeds = append(s.speeds, speed)
		}
	}
}

// admitConnection counts a WebSocket before it costs anything, or returns why it is
// refused.
func (r *Relay) admitConnection(client netip.Addr, holder owner) refusal {
	if !r.config.Access.serves(client) {
		return refusal{code: wire.RoomDenied}
	}
	if code := r.ledger.claim(connections, holder); code != 0 {
		return refusal{code, quotaRetry}
	}
	return refusal{}
}

// admit lets p join the room that it asks for, or returns the reason if that
// cannot be. err says what is wrong with the join. The token is that of the join's
// password; one of its connections is counted.
func (r *Relay) admit(ctx context.Context, p *peer, client netip.Addr, join wire.RoomJoin, err error) (l *link, token *account, why refusal) {
	limit := r.joins
	if join.Role == wire.RoomResumer {
		limit = r.resumes
	}
	if wait := limit.wait(client); wait > 0 {
		return nil, nil, refusal{wire.RoomRate, wait}
	}
	var version wire.RoomVersionError
	switch {
	case errors.As(err, &version):
		return nil, nil, refusal{code: wire.RoomWrongVersion}
	case err != nil:
		return nil, nil, refusal{code: wire.RoomMalformed}
	}
	token, why = r.checkPassword(client, join.Password)
	if why.code != 0 {
		return nil, nil, why
	}
	if join.Role == wire.RoomReceiver && r.visits != nil {
		if wait := r.visits.wait(join.Nameplate); wait > 0 {
			return nil, nil, refusal{wire.RoomRate, wait}
		}
	}
	if !r.ledger.claimToken(connections, token) {
		return nil, nil, refusal{wire.RoomQuota, quotaRetry}
	}
	l, code := r.enterRoom(ctx, p, client, join)
	if code != 0 {
		why = r.joinRefusal(client, join, code)
	}
	return l, token, why
}

// enterRoom puts a peer into its room, or returns a link to the node that has it.
func (r *Relay) enterRoom(ctx context.Context, p *peer, client netip.Addr, join wire.RoomJoin) (*link, wire.RoomErrorCode) {
	if r.node == nil {
		return nil, r.table.join(p, join, r.config.STUNAddress)
	}
	return r.node.seek(ctx, p, client, join, r.config.STUNAddress)
}

// checkPassword finds the account of a password. A wrong one slows the client down.
func (r *Relay) checkPassword(client netip.Addr, password string) (*account, refusal) {
	token, ok := r.keys.find(password)
	if ok {
		return token, refusal{}
	}
	if password != "" {
		r.missed(client, "")
	}
	return nil, refusal{wire.RoomPassword, r.joins.due(client)}
}

// missed makes a client pay for a nameplate, or an empty one for a password, that
// it may have guessed.
func (r *Relay) missed(client netip.Addr, nameplate string) {
	cost := r.guesses.miss(client, nameplate)
	for _, allowance := range []*limiter{r.joins, r.opens, r.resumes} {
		allowance.charge(client, cost)
	}
	r.box.charge(client, cost)
}

// readJoin reads the peer's first message. A peer that does not send it within
// joinTimeout is dismissed.
func (s *socket) readJoin() (wire.RoomJoin, error) {
	timer := time.AfterFunc(joinTimeout, func() { s.peer.dismiss(wire.RoomIdle) })
	defer timer.Stop()
	kind, err := s.in.next()
	if err != nil {
		return wire.RoomJoin{}, err
	}
	if kind != websocket.BinaryMessage {
		return wire.RoomJoin{}, wire.ErrMalformed
	}
	frame := make([]byte, wire.MaxRoomJoin+1)
	n, err := s.in.body(frame, unheard)
	if err != nil {
		return wire.RoomJoin{}, err
	}
	s.alive()
	return wire.ParseRoomJoin(frame[:n])
}

// refuseUpgrade answers a request that is not for a WebSocket, or from a page that
// may not open one.
func (r *Relay) refuseUpgrade(w http.ResponseWriter, req *http.Request, status int, _ error) {
	if status == http.StatusForbidden {
		r.refuseOrigin(w)
		return
	}
	if status == http.StatusBadRequest {
		w.Header().Set("Sec-Websocket-Version", "13")
		if req.ProtoMajor == 1 { // HTTP/2 has no such header
			w.Header().Set("Upgrade", "websocket")
		}
		status = http.StatusUpgradeRequired
	}
	refuse(w, status, "upgrade", "This is a WebSocket: ws://HOST/ws.")
}
