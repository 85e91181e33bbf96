package relay

import (
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// maxClients bounds the memory of a limiter. Clients beyond it share one
// allowance, since a crowd that large is an attack.
const maxClients = 1 << 16

// limiter allows each client address a number of events a minute after a
// burst. It forgets clients that have not been active for a while.
type limiter struct {
	rate  rate.Limit
	burst int

	mu      sync.Mutex
	clients map[netip.Prefix]*rate.Limiter
	crowd   *rate.Limiter
	pruned  time.Time
}

// newLimiter makes a limiter. If perMinute is negative it returns nil: no limit.
func newLimiter(perMinute, burst int) *limiter {
	if perMinute < 0 {
		return nil
	}
	l := &limiter{
		rate: rate.Limit(float64(perMinute) / 60), burst: max(burst, 1), clients: make(map[netip.Prefix]*rate.Limiter),
	}
	l.crowd = rate.NewLimiter(l.rate, l.burst)
	return l
}

// wait returns how long the client at addr has to wait for its next event. 0
// means that the event may happen now, and it is counted.
func (l *limiter) wait(addr netip.Addr) time.Duration {
	if l == nil {
		return 0
	}
	now := time.Now()
	r := l.client(addr, now).ReserveN(now, 1)
	delay := r.DelayFrom(now)
	if delay > 0 {
		r.CancelAt(now)
	}
	return delay
}

func (l *limiter) client(addr netip.Addr, now time.Time) *rate.Limiter {
	key := clientKey(addr)
	l.mu.Lock()
	defer l.mu.Unlock()
	if c := l.clients[key]; c != nil {
		return c
	}
	if len(l.clients) >= maxClients || now.Sub(l.pruned) > time.Minute {
		l.prune(now)
	}
	if len(l.clients) >= maxClients {
		return l.crowd
	}
	c := rate.NewLimiter(l.rate, l.burst)
	l.clients[key] = c
	return c
}

// prune drops the clients whose whole burst is available again, which are like
// new ones. It looks at all clients, so it does that once a second at most.
func (l *limiter) prune(now time.Time) {
	if now.Sub(l.pruned) < time.Second {
		return
	}
	l.pruned = now
	for key, c := range l.clients {
		if c.TokensAt(now) >= float64(l.burst) {
			delete(l.clients, key)
		}
	}
}

// clientKey returns what counts as one client: an IPv4 address, or the /64 from
// which one IPv6 host may choose its addresses.
func clientKey(addr netip.Addr) netip.Prefix {
	addr = addr.Unmap().WithZone("")
	bits := addr.BitLen()
	if addr.Is6() {
		bits = 64
	}
	key, _ := addr.Prefix(bits) // the zero prefix for the zero address
	return key
}
