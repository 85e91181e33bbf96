package relay

import (
	"net/netip"
	"sync"
	"time"
)

// maxClients bounds the memory of a limiter. Clients beyond it share one
// allowance, since a crowd that large is an attack.
const maxClients = 1 << 16

// maxDebt bounds how long somebody who was charged for more than one event has to
// wait: as long as for so many events.
const maxDebt = 600

// limiter allows each client address a number of events a minute after a burst.
// It forgets clients that have not been active for a while. nil is no limit.
type limiter struct{ buckets[netip.Prefix] }

// newLimiter makes a limiter. If perMinute is negative it returns nil: no limit.
func newLimiter(perMinute, burst int) *limiter {
	if perMinute < 0 {
		return nil
	}
	return &limiter{*newBuckets[netip.Prefix](perMinute, burst)}
}

// wait returns how long the client at addr has to wait for its next event. 0
// means that the event may happen now, and it is counted.
func (l *limiter) wait(addr netip.Addr) time.Duration {
	if l == nil {
		return 0
	}
	return l.buckets.wait(clientKey(addr))
}

// due returns how long the client has to wait, and counts nothing.
func (l *limiter) due(addr netip.Addr) time.Duration {
	if l == nil {
		return 0
	}
	return l.buckets.due(clientKey(addr))
}

// charge counts events that have happened, more than wait did.
func (l *limiter) charge(addr netip.Addr, events float64) {
	if l != nil {
		l.buckets.charge(clientKey(addr), events)
	}
}

// buckets allow events by key: those of one key may happen at a rate, after a
// burst.
type buckets[K comparable] struct {
	rate  float64 // events a second
	burst float64

	mu     sync.Mutex
	held   map[K]*bucket
	crowd  bucket
	pruned time.Time
}

// bucket is what one key may do: level events at the time at, and more later. A
// level below 0 is a debt.
type bucket struct {
	level float64
	at    time.Time
}

func newBuckets[K comparable](perMinute, burst int) *buckets[K] {
	b := &buckets[K]{rate: float64(perMinute) / 60, burst: float64(max(burst, 1)), held: make(map[K]*bucket)}
	b.crowd = bucket{b.burst, time.Now()}
	return b
}

func (b *buckets[K]) wait(key K) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	k := b.find(key)
	wait := b.dueOf(k)
	if wait == 0 {
		k.level--
	}
	return wait
}

func (b *buckets[K]) due(key K) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.dueOf(b.find(key))
}

func (b *buckets[K]) dueOf(k *bucket) time.Duration {
	switch {
	case k.level >= 1:
		return 0
	case b.rate == 0:
		return time.Hour
	}
	return time.Duration((1 - k.level) / b.rate * float64(time.Second))
}

func (b *buckets[K]) charge(key K, events float64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	k := b.find(key)
	k.level = max(k.level-events, -maxDebt)
}

// find returns the bucket of a key, filled up to now. The buckets are locked.
func (b *buckets[K]) find(key K) *bucket {
	now := time.Now()
	k := b.held[key]
	if k == nil {
		if len(b.held) >= maxClients || now.Sub(b.pruned) > time.Minute {
			b.prune(now)
		}
		k = &b.crowd
		if len(b.held) < maxClients {
			k = &bucket{b.burst, now}
			b.held[key] = k
		}
	}
	b.fill(k, now)
	return k
}

func (b *buckets[K]) fill(k *bucket, now time.Time) {
	k.level = min(k.level+now.Sub(k.at).Seconds()*b.rate, b.burst)
	k.at = now
}

// prune drops those whose whole burst is available again, which are like new ones.
// It looks at all, so it does that once a second at most.
func (b *buckets[K]) prune(now time.Time) {
	if now.Sub(b.pruned) < time.Second {
		return
	}
	b.pruned = now
	for key, k := range b.held {
		if b.fill(k, now); k.level >= b.burst {
			delete(b.held, key)
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
