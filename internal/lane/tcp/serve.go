//go:build !js

package tcp

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/tallow-transfer/tallow/internal/congestion"
)

// maxUnauthenticated bounds the connections whose other end has not yet proved
// that it is the peer.
const maxUnauthenticated = 16

// acceptBackoff is the pause after Accept failed, for example because too many
// files are open.
const acceptBackoff = 100 * time.Millisecond

// Listen listens on all interfaces, on a port that the system chooses.
func Listen(ctx context.Context) (net.Listener, error) {
	listen := net.ListenConfig{Control: congestion.Control}
	listen.SetMultipathTCP(false) // congestion control is set for plain TCP
	return listen.Listen(ctx, "tcp", ":0")
}

// Serve turns connections from the peer into lanes until ctx ends, then closes
// the listener and waits for its goroutines. It calls peer for each connection
// to learn how the peer is authenticated at that moment. Anyone else who connects
// gets no answer and is dropped after authTimeout, or earlier if there are too
// many.
func Serve(ctx context.Context, listener net.Listener, peer func() Peer) {
	var handlers sync.WaitGroup
	defer handlers.Wait()
	stop := context.AfterFunc(ctx, func() { _ = listener.Close() })
	defer stop()
	pending := &pendingConns{}
	defer pending.closeAll()
	for {
		conn, err := listener.Accept()
		if ctx.Err() != nil || errors.Is(err, net.ErrClosed) {
			if err == nil {
				_ = conn.Close()
			}
			return
		}
		if err != nil {
			timer := time.NewTimer(acceptBackoff)
			select {
			case <-timer.C:
			case <-ctx.Done():
				timer.Stop()
			}
			continue
		}
		pending.add(conn)
		handlers.Go(func() {
			defer pending.remove(conn)
			_ = peer().accept(conn, func() error { return pending.remove(conn) })
		})
	}
}

var errEvicted = errors.New("too many connections at once")

// pendingConns are the connections not yet authenticated, oldest first. When
// there are too many it evicts the oldest connection of the address that has the
// most, so that no single address can keep others out.
type pendingConns struct {
	mu    sync.Mutex
	conns []net.Conn
}

func (p *pendingConns) add(conn net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.conns = append(p.conns, conn)
	if len(p.conns) <= maxUnauthenticated {
		return
	}
	count := make(map[netip.Addr]int)
	for _, c := range p.conns {
		count[addrOf(c.RemoteAddr())]++
	}
	evict := 0
	for i, c := range p.conns {
		if count[addrOf(c.RemoteAddr())] > count[addrOf(p.conns[evict].RemoteAddr())] {
			evict = i
		}
	}
	_ = p.conns[evict].Close()
	p.conns = slices.Delete(p.conns, evict, evict+1)
}

// remove takes out a connection. It returns errEvicted if that is gone already.
func (p *pendingConns) remove(conn net.Conn) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := slices.Index(p.conns, conn)
	if i < 0 {
		return errEvicted
	}
	p.conns = slices.Delete(p.conns, i, i+1)
	return nil
}

func (p *pendingConns) closeAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.conns {
		_ = c.Close()
	}
	p.conns = nil
}
