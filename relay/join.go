package relay

import (
	"net/http"
	"time"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// upgradeTimeout is how long the answer to an upgrade may take.
const upgradeTimeout = 10 * time.Second

// serveSocket gives a peer its seat and serves it until it goes. A refusal
// comes after the upgrade, as an error frame: that is the only place where a
// page in a browser can read it.
func (r *Relay) serveSocket(w http.ResponseWriter, req *http.Request) {
	if r.isClosing() {
		refuse(w, http.StatusServiceUnavailable, wire.RoomClosing.String(), explain(wire.RoomClosing))
		return
	}
	conn, err := r.upgrader.Upgrade(w, req, nil)
	if err != nil {
		return // refuseUpgrade has answered
	}
	s := newSocket(conn, &r.messages, r.newSpeed())
	if !r.enter(s) {
		_ = conn.Close()
		return
	}
	defer r.exit(s)
	code := r.seat(s.peer, req)
	if code != 0 {
		s.peer.dismiss(code)
	}
	r.config.Logger.Debug("peer connected", "refusal", uint8(code))
	s.serve()
}

// seat finds the seat that a request asks for.
func (r *Relay) seat(p *peer, req *http.Request) wire.RoomErrorCode {
	want, err := wire.ParseRoomSeat([]byte(req.URL.RawQuery))
	limit := r.joins
	if want.Resume != nil {
		limit = r.resumes
	}
	switch {
	case limit.wait(r.clientAddr(req)) > 0:
		return wire.RoomRate
	case err != nil:
		return wire.RoomMalformed
	default:
		return r.table.take(p, want, r.config.STUNAddress)
	}
}

// refuseUpgrade answers a request that is no WebSocket.
func refuseUpgrade(w http.ResponseWriter, _ *http.Request, status int, _ error) {
	if status == http.StatusBadRequest {
		w.Header().Set("Sec-Websocket-Version", "13")
		w.Header().Set("Upgrade", "websocket")
		status = http.StatusUpgradeRequired
	}
	refuse(w, status, "upgrade", "This is a WebSocket: ws://HOST/ws?nameplate=N.")
}
