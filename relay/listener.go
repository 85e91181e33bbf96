package relay

import (
	"net"
	"net/netip"
	"sync"
)

// socketsRefused is the reason, for the Observer, of a TCP connection that is
// closed at once.
const socketsRefused = "sockets"

// limitedListener closes connections at once that are over the relay's limits of
// TCP connections. Whatever a connection is for, be it a request that never comes,
// it is counted. A trusted proxy has no limit but that of all.
type limitedListener struct {
	net.Listener
	relay *Relay
}

// Limit returns a listener for the relay's server that counts its TCP connections,
// and closes at once those that are over the limits. ListenAndServe and Serve have
// one.
func (r *Relay) Limit(listener net.Listener) net.Listener { return limitedListener{listener, r} }

// Accept implements net.Listener.
func (l limitedListener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		peer, _ := netip.ParseAddrPort(conn.RemoteAddr().String())
		holder := owner{
			client: clientKey(peer.Addr()),
			proxy:  contains(l.relay.config.Access.TrustedProxies, peer.Addr()),
		}
		if l.relay.ledger.claim(sockets, holder) != 0 {
			l.relay.rejected(socketsRefused)
			_ = conn.Close()
			continue
		}
		return &countedConn{Conn: conn, release: sync.OnceFunc(func() { l.relay.ledger.release(sockets, holder) })}, nil
	}
}

// countedConn gives its place back when it is closed.
type countedConn struct {
	net.Conn
	release func()
}

func (c *countedConn) unwrap() net.Conn { return c.Conn }

func (c *countedConn) Close() error {
	c.release()
	return c.Conn.Close()
}
