package relay

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/tallow-transfer/tallow/internal/congestion"
	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/relay/roomstore"
)

// A peer that comes to a node which is not its room's home is passed on. The node
// opens a connection to the home and asks for a WebSocket there, with the peer's
// join. From then on it copies bytes and looks at none of them: the two ends of the
// WebSocket are the peer and the home. So pings, timeouts and backpressure are those
// of any other peer.
//
//	peer -> node  GET /ws, join(7)
//	node -> home  TLS; GET /ws, Authorization: join(7), Tallow-Node: HOME, Tallow-Client: ADDRESS
//	home -> node  101; or 421 if the room is not there, and the node asks the store again
//	peer <-> home everything else
//
// If the peer leaves, or is told to move, the node ends its half of the connection.
// The home then says goodbye to the peer, and ends the other half.
const (
	nodeHeader   = "Tallow-Node"   // the id of the home that is meant
	clientHeader = "Tallow-Client" // the address of the peer

	nodeTimeout  = 3 * time.Second        // for the home to answer
	passTimeout  = beatLife + time.Second // for a room to have a home that answers
	passInterval = 200 * time.Millisecond // between attempts
	passGrace    = 5 * time.Second        // for the home to end its half after the peer has left
)

var errMisdirected = errors.New("the room is not at that node")

// link is a connection to a room's home, as a WebSocket that a peer may use.
type link struct {
	conn *tls.Conn
	rest *bufio.Reader // of conn, with what the home has sent already
}

// seek lets a peer join wherever its room is. It returns a link if that is another
// node. A home that does not answer is dead soon, or answers again.
func (n *node) seek(ctx context.Context, p *peer, client netip.Addr, want wire.RoomJoin, stun string) (*link, wire.RoomErrorCode) {
	ctx, cancel := context.WithTimeout(ctx, passTimeout)
	defer cancel()
	for {
		elsewhere, code := n.join(ctx, p, want, stun)
		if elsewhere == nil {
			return nil, code
		}
		l, err := n.dial(ctx, elsewhere, client, want)
		if err == nil {
			return l, 0
		}
		n.log.Debug("a room's home cannot be reached", "reason", err)
		pause := time.NewTimer(passInterval)
		select {
		case <-pause.C:
		case <-p.out:
			pause.Stop()
			return nil, wire.RoomClosing
		case <-ctx.Done():
			pause.Stop()
			return nil, wire.RoomUnavailable
		}
	}
}

// dial opens a link to the home in a record.
func (n *node) dial(ctx context.Context, home *roomstore.Record, client netip.Addr, want wire.RoomJoin) (*link, error) {
	ctx, cancel := context.WithTimeout(ctx, nodeTimeout)
	defer cancel()
	dialer := tls.Dialer{
		NetDialer: &net.Dialer{
			Control:         congestion.Control,
			KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: pingInterval, Interval: 5 * time.Second, Count: 3},
		},
		Config: n.links.client,
	}
	raw, err := dialer.DialContext(ctx, "tcp", home.Address)
	if err != nil {
		return nil, err
	}
	conn := raw.(*tls.Conn) // as tls.Dialer promises
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	l, err := ask(conn, home.Home, client, want)
	if !stop() && err == nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	return l, nil
}

// ask asks the home for a WebSocket.
func ask(conn *tls.Conn, home string, client netip.Addr, want wire.RoomJoin) (*link, error) {
	req := &http.Request{
		Method: http.MethodGet, Host: "node", URL: nodePath(),
		Header: http.Header{
			"Connection": {"Upgrade"}, "Upgrade": {"websocket"}, "Sec-Websocket-Version": {"13"},
			"Sec-Websocket-Key": {"AAAAAAAAAAAAAAAAAAAAAA=="}, // against caches, of which there are none here
			"Authorization":     {want.Authorization()}, nodeHeader: {home}, clientHeader: {client.String()},
			"User-Agent": {""},
		},
	}
	if err := req.Write(conn); err != nil {
		return nil, err
	}
	rest := bufio.NewReader(conn)
	resp, err := http.ReadResponse(rest, req)
	switch {
	case err != nil:
		return nil, err
	case resp.StatusCode == http.StatusMisdirectedRequest:
		return nil, errMisdirected
	case resp.StatusCode != http.StatusSwitchingProtocols:
		return nil, fmt.Errorf("the node answered %s", resp.Status)
	}
	return &link{conn, rest}, nil
}

// splice copies between a peer's socket and its room's home until either has
// ended.
func (l *link) splice(s *socket) {
	client := s.conn.NetConn()
	var copies sync.WaitGroup
	copies.Go(func() {
		// The peer may have sent more than its join.
		from := io.MultiReader(bytes.NewReader(s.in.left()), client)
		_ = copyBytes(l.conn, from, s.throttle)
		_ = l.conn.SetReadDeadline(time.Now().Add(passGrace))
		_ = l.conn.SetWriteDeadline(time.Now().Add(passGrace))
		_ = l.conn.CloseWrite()
	})
	_ = copyBytes(client, l.rest, func(int) {})
	_ = client.Close()
	_ = l.conn.Close()
	copies.Wait()
}

const (
	smallCopy = 2 << 10 // of a connection that is idle
	largeCopy = 64 << 10
)

// copyBytes copies until an error or the end. It calls throttle before each write.
// Its buffer is small while there is little to copy.
func copyBytes(to net.Conn, from io.Reader, throttle func(n int)) error {
	small := make([]byte, smallCopy)
	buf := small
	for {
		n, err := from.Read(buf)
		if n > 0 {
			throttle(n)
			_ = to.SetWriteDeadline(time.Now().Add(writeTimeout))
			if _, err := to.Write(buf[:n]); err != nil {
				return err
			}
		}
		if err != nil {
			return err
		}
		switch {
		case n == len(small) && len(buf) == len(small):
			buf = make([]byte, largeCopy)
		case n < len(small):
			buf = small
		}
	}
}
