package relay

import (
	"errors"
	"io"
	"net/http"
	"net/netip"
	"time"

	"github.com/gorilla/websocket"

	"github.com/tallow-transfer/tallow/internal/wire"
)

const (
	// upgradeTimeout is how long writing the answer to an upgrade may take.
	upgradeTimeout = 10 * time.Second
	// joinTimeout is how long a peer may take to join once its WebSocket is open.
	joinTimeout = 10 * time.Second
)

// queryVersion is the version of the room protocol in which a peer joined by the
// query of the URL.
const queryVersion wire.RoomVersionError = 1

// serveSocket lets a peer join a room and serves it until it leaves. A refusal
// comes after the upgrade, as an error frame: that is the only place where a
// page in a browser can read it.
func (r *Relay) serveSocket(w http.ResponseWriter, req *http.Request) {
	if r.isClosing() {
		refuse(w, http.StatusServiceUnavailable, wire.RoomClosing.String(), explain(wire.RoomClosing))
		return
	}
	join, found, err := wire.ParseRoomAuthorization(req.Header.Get("Authorization"))
	if req.URL.RawQuery != "" {
		found, err = true, queryVersion
	}
	header := http.Header{}
	if found {
		header.Set(wire.RoomJoinHeader, wire.RoomJoinHeard)
	}
	conn, upgradeErr := r.upgrader.Upgrade(w, req, header)
	if upgradeErr != nil {
		return // refuseUpgrade has answered
	}
	s := newSocket(conn, &r.messages, r.newSpeed())
	s.turn = r.turn
	if !r.enter(s) {
		_ = conn.Close()
		return
	}
	defer r.exit(s)
	client := r.clientAddr(req)
	s.serve(func() {
		if !found {
			join, err = s.readJoin()
		}
		code := r.admit(s.peer, client, join, err)
		if code != 0 {
			s.peer.dismiss(code)
		}
		r.config.Logger.Debug("peer connected", "refusal", uint8(code))
	})
}

// admit lets p join the room that it asks for, or returns the reason if that
// cannot be. err says what is wrong with the join.
func (r *Relay) admit(p *peer, client netip.Addr, join wire.RoomJoin, err error) wire.RoomErrorCode {
	limit := r.joins
	if join.Role == wire.RoomResumer {
		limit = r.resumes
	}
	var version wire.RoomVersionError
	switch {
	case limit.wait(client) > 0:
		return wire.RoomRate
	case errors.As(err, &version):
		return wire.RoomWrongVersion
	case err != nil:
		return wire.RoomMalformed
	default:
		return r.table.join(p, join, r.config.STUNAddress)
	}
}

// readJoin reads the peer's first message. A peer that does not send it within
// joinTimeout is dismissed.
func (s *socket) readJoin() (wire.RoomJoin, error) {
	timer := time.AfterFunc(joinTimeout, func() { s.peer.dismiss(wire.RoomIdle) })
	defer timer.Stop()
	kind, body, err := s.conn.NextReader()
	if err != nil {
		return wire.RoomJoin{}, err
	}
	if kind != websocket.BinaryMessage {
		return wire.RoomJoin{}, wire.ErrMalformed
	}
	frame, err := io.ReadAll(io.LimitReader(body, wire.MaxRoomJoin+1))
	if err != nil {
		return wire.RoomJoin{}, err
	}
	s.alive()
	return wire.ParseRoomJoin(frame)
}

// refuseUpgrade answers a request that is not for a WebSocket.
func refuseUpgrade(w http.ResponseWriter, _ *http.Request, status int, _ error) {
	if status == http.StatusBadRequest {
		w.Header().Set("Sec-Websocket-Version", "13")
		w.Header().Set("Upgrade", "websocket")
		status = http.StatusUpgradeRequired
	}
	refuse(w, status, "upgrade", "This is a WebSocket: ws://HOST/ws.")
}
