package relay

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"sync"
	"time"

	"github.com/tallow-transfer/tallow/internal/httpserver"
	"github.com/tallow-transfer/tallow/internal/wire"
)

func nodePath() *url.URL { return &url.URL{Path: "/ws"} }

// newNodeServer returns the server of other nodes.
func (r *Relay) newNodeServer() *http.Server {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+nodePath().Path, r.servePassed)
	return &http.Server{
		Handler: mux, TLSConfig: r.node.links.server,
		ReadHeaderTimeout: nodeTimeout, ReadTimeout: nodeTimeout, WriteTimeout: nodeTimeout, IdleTimeout: time.Minute,
		MaxHeaderBytes: 16 << 10,
		ErrorLog:       httpserver.ErrorLog(r.config.Logger),
	}
}

// servePassed lets a peer join that another node passes on.
func (r *Relay) servePassed(w http.ResponseWriter, req *http.Request) {
	join, found, err := wire.ParseRoomAuthorization(req.Header.Get("Authorization"))
	client, addrErr := netip.ParseAddr(req.Header.Get(clientHeader))
	if !found || err != nil || addrErr != nil && req.Header.Get(clientHeader) != (netip.Addr{}).String() {
		refuse(w, http.StatusBadRequest, wire.RoomMalformed.String(), explain(wire.RoomMalformed))
		return
	}
	if code := r.node.atHome(req.Context(), req.Header.Get(nodeHeader), join); code != 0 {
		refuse(w, http.StatusMisdirectedRequest, code.String(), explain(code))
		return
	}
	conn, err := r.upgrader.Upgrade(w, req, nil)
	if err != nil {
		return
	}
	s := newSocket(conn, &r.messages, r.config.Observer.Throttled)
	s.passed, s.turn = true, r.turn
	if !r.enter(s) {
		_ = conn.Close()
		return
	}
	go func() {
		defer r.survive()
		defer r.exit(s)
		s.serve(func() *link {
			elsewhere, code := r.node.join(context.WithoutCancel(req.Context()), s.peer, join, r.config.STUNAddress)
			if elsewhere != nil {
				code = wire.RoomClosing // it has moved just now
			}
			if code != 0 {
				s.peer.refuse(r.joinRefusal(client, join, code))
			}
			return nil
		})
	}()
}

// atHome returns 0 if a room is at this node, which another node calls id.
func (n *node) atHome(ctx context.Context, id string, want wire.RoomJoin) wire.RoomErrorCode {
	if id != n.id {
		return wire.RoomUnknown
	}
	ref := refOf(want)
	defer n.locks.lock(ref)()
	elsewhere, code := n.hold(ctx, ref, want)
	if elsewhere != nil {
		return wire.RoomUnknown
	}
	if code == wire.RoomClosing || code == wire.RoomUnavailable {
		return code
	}
	if code == 0 && !n.table.has(ref) {
		n.changes.add(ref) // nobody may come
	}
	return 0 // a refusal is for the peer
}

// joinRefusal returns the refusal of a join, and makes the client pay for a guess.
func (r *Relay) joinRefusal(client netip.Addr, join wire.RoomJoin, code wire.RoomErrorCode) refusal {
	switch code {
	case wire.RoomUnknown, wire.RoomUsed, wire.RoomExpired, wire.RoomWithdrawn, wire.RoomTicket:
		r.missed(client, join.Nameplate)
	case wire.RoomFull:
		return refusal{code, quotaRetry}
	case wire.RoomUnavailable:
		return refusal{code, unavailableRetry}
	}
	return refusal{code: code}
}

// startNode starts what a node does beside serving its own peers. The result ends
// it, after everything else.
func (r *Relay) startNode(ctx context.Context, failed chan<- error) (end func()) {
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	if err := r.node.beat(ctx); err != nil {
		r.config.Logger.Warn("the store of rooms cannot be reached yet", "reason", err)
	}
	server := r.newNodeServer()
	var tasks sync.WaitGroup
	tasks.Go(func() { r.node.run(ctx) })
	tasks.Go(func() {
		if err := server.ServeTLS(r.config.Cluster.Listener, "", ""); !errors.Is(err, http.ErrServerClosed) {
			failed <- fmt.Errorf("the relay cannot serve other nodes: %w", err)
		}
	})
	return func() {
		_ = server.Close()
		stop()
		tasks.Wait()
		r.node.leave(context.WithoutCancel(ctx))
	}
}
