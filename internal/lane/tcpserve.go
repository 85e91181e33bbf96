package lane

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

// maxUnproven bounds the connections that have not proved themselves yet.
const maxUnproven = 16

// acceptPause is the pause after a failure to accept, such as too many open files.
const acceptPause = 100 * time.Millisecond

// ListenTCP listens on all interfaces, on a port of the system's choice.
func ListenTCP(ctx context.Context) (net.Listener, error) {
	listen := net.ListenConfig{Control: congestion.Control}
	listen.SetMultipathTCP(false) // what it accepts is to be plain TCP
	return listen.Listen(ctx, "tcp", ":0")
}

// ServeTCP makes lanes of the connections that the peer makes, until ctx ends; it
// closes the listener. peer gives what the peer is to be known by at the moment.
// Whoever else connects is told nothing, and dropped: at the latest after
// tcpProofTime, and earlier if there are too many.
func ServeTCP(ctx context.Context, listener net.Listener, peer func() TCPPeer) {
	var guests sync.WaitGroup
	defer guests.Wait()
	stop := context.AfterFunc(ctx, func() { _ = listener.Close() })
	defer stop()
	lobby := &lobby{}
	defer lobby.clear()
	for {
		conn, err := listener.Accept()
		if ctx.Err() != nil || errors.Is(err, net.ErrClosed) {
			if err == nil {
				_ = conn.Close()
			}
			return
		}
		if err != nil {
			timer := time.NewTimer(acceptPause)
			select {
			case <-timer.C:
			case <-ctx.Done():
				timer.Stop()
			}
			continue
		}
		lobby.enter(conn)
		guests.Go(func() {
			defer lobby.leave(conn)
			_ = peer().accept(conn, func() error { return lobby.leave(conn) })
		})
	}
}

// errCrowded is the end of a connection that had to make room for others.
var errCrowded = errors.New("it had to make room for others")

// lobby holds the connections that have not proved themselves, oldest first. One
// address cannot take the room of others: where there are too many, the oldest
// goes of the address that has most.
type lobby struct {
	mu     sync.Mutex
	guests []net.Conn
}

func (l *lobby) enter(conn net.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.guests = append(l.guests, conn)
	if len(l.guests) <= maxUnproven {
		return
	}
	count := make(map[netip.Addr]int)
	for _, g := range l.guests {
		count[addrOf(g.RemoteAddr())]++
	}
	out := 0
	for i, g := range l.guests {
		if count[addrOf(g.RemoteAddr())] > count[addrOf(l.guests[out].RemoteAddr())] {
			out = i
		}
	}
	_ = l.guests[out].Close()
	l.guests = slices.Delete(l.guests, out, out+1)
}

// leave takes a connection out; it is an error if it was dropped before.
func (l *lobby) leave(conn net.Conn) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	i := slices.Index(l.guests, conn)
	if i < 0 {
		return errCrowded
	}
	l.guests = slices.Delete(l.guests, i, i+1)
	return nil
}

// clear drops all.
func (l *lobby) clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, g := range l.guests {
		_ = g.Close()
	}
	l.guests = nil
}
