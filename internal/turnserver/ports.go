package turnserver

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/turn/v5"
	"golang.org/x/time/rate"
)

const (
	// portAttempts is how many ports of the range are tried for an allocation.
	portAttempts = 20
	// relayBuffer is the size in bytes that is requested for the kernel's buffers of
	// a relayed address.
	relayBuffer = 1 << 20
)

var (
	errNoFamily = errors.New("the server has no relayed address of this family")
	errQuota    = errors.New("the name has too many allocations")
	errNoTCP    = errors.New("only UDP is relayed")
)

// PortRange is a range of ports, both ends included.
type PortRange struct{ First, Last uint16 }

func (r PortRange) contains(port int) bool { return port >= int(r.First) && port <= int(r.Last) }

func (r PortRange) random() int { return int(r.First) + rand.IntN(int(r.Last)-int(r.First)+1) }

// ports makes the relayed addresses. It implements turn.RelayAddressGenerator.
type ports struct {
	config    Config
	addresses addresses

	mu     sync.Mutex
	byName map[string]int // allocations
}

func newPorts(c Config, a addresses) *ports {
	return &ports{config: c, addresses: a, byName: make(map[string]int)}
}

// Validate does nothing: New has checked the configuration.
func (p *ports) Validate() error { return nil }

// AllocatePacketConn makes a relayed address.
func (p *ports) AllocatePacketConn(request turn.AllocateListenerConfig) (net.PacketConn, net.Addr, error) {
	public := p.public(request.Network)
	if !public.IsValid() {
		return nil, nil, errNoFamily
	}
	if !p.take(request.UserID) {
		return nil, nil, errQuota
	}
	conn, err := p.listen(request.Network, request.RequestedPort)
	if err != nil {
		p.giveBack(request.UserID)
		return nil, nil, err
	}
	_ = conn.SetReadBuffer(relayBuffer) // smaller ones only are slower
	_ = conn.SetWriteBuffer(relayBuffer)
	port := conn.LocalAddr().(*net.UDPAddr).Port
	a := &allocation{UDPConn: conn, ports: p, public: public, inside: p.inside(public)}
	a.released = sync.OnceFunc(func() { p.giveBack(request.UserID) })
	if n := p.config.BytesPerSecond; n > 0 {
		a.rate = rate.NewLimiter(rate.Limit(n), max(n, 64<<10))
	}
	return a, net.UDPAddrFromAddrPort(netip.AddrPortFrom(public, uint16(port))), nil
}

// AllocateListener and AllocateConn refuse to relay TCP (RFC 6062).
func (p *ports) AllocateListener(turn.AllocateListenerConfig) (net.Listener, net.Addr, error) {
	return nil, nil, errNoTCP
}

// AllocateConn refuses to relay TCP.
func (p *ports) AllocateConn(turn.AllocateConnConfig) (net.Conn, error) { return nil, errNoTCP }

// public returns the relayed address of a family, "udp4" or "udp6".
func (p *ports) public(network string) netip.Addr {
	for _, own := range p.addresses.own {
		if own.Is4() == (network == "udp4") {
			return own
		}
	}
	return netip.Addr{}
}

// inside returns the address by which two relayed addresses reach each other on
// this machine. The public one may be that of a NAT in front of it.
func (p *ports) inside(public netip.Addr) netip.Addr {
	switch {
	case p.config.Bind.IsValid() && p.config.Bind.Is4() == public.Is4():
		return p.config.Bind
	case public.Is4():
		return netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	return netip.IPv6Loopback()
}

// listen binds a free port of the range.
func (p *ports) listen(network string, wanted int) (*net.UDPConn, error) {
	var host net.IP
	if b := p.config.Bind; b.IsValid() && b.Is4() == (network == "udp4") {
		host = b.AsSlice()
	}
	if wanted != 0 {
		if !p.config.Ports.contains(wanted) {
			return nil, fmt.Errorf("port %d is not in the range", wanted)
		}
		return net.ListenUDP(network, &net.UDPAddr{IP: host, Port: wanted})
	}
	var err error
	for range portAttempts {
		var conn *net.UDPConn
		if conn, err = net.ListenUDP(network, &net.UDPAddr{IP: host, Port: p.config.Ports.random()}); err == nil {
			return conn, nil
		}
	}
	return nil, fmt.Errorf("no free port in the range: %w", err)
}

// take counts an allocation in, if the name may have another one.
func (p *ports) take(name string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.byName[name] >= p.config.PerName {
		return false
	}
	p.byName[name]++
	return true
}

func (p *ports) giveBack(name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.byName[name]--; p.byName[name] == 0 {
		delete(p.byName, name)
	}
}

// allocation is the socket of one relayed address. It sends only to allowed
// addresses, also when pion/turn has let something through.
type allocation struct {
	*net.UDPConn
	ports          *ports
	public, inside netip.Addr
	rate           *rate.Limiter // nil for no limit
	relayed        atomic.Int64  // bytes, counted if there is a limit
	released       func()
}

// WriteTo sends to a peer. What is not allowed, or too much, is lost.
func (a *allocation) WriteTo(b []byte, to net.Addr) (int, error) {
	udp, ok := to.(*net.UDPAddr)
	if !ok {
		return len(b), nil
	}
	addr := udp.AddrPort()
	target := netip.AddrPortFrom(addr.Addr().Unmap(), addr.Port())
	switch {
	case !a.ports.addresses.allows(target.Addr()) || !a.admits(len(b)):
		return len(b), nil
	case target.Addr() == a.public:
		if !a.ports.config.Ports.contains(int(target.Port())) {
			return len(b), nil // another service of this machine
		}
		target = netip.AddrPortFrom(a.inside, target.Port())
	}
	return a.WriteToUDPAddrPort(b, target)
}

// ReadFrom reads what a peer sent.
func (a *allocation) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		n, from, err := a.ReadFromUDPAddrPort(b)
		if err != nil {
			return n, nil, err
		}
		if !a.admits(n) {
			continue
		}
		addr := from.Addr().Unmap()
		if addr == a.inside {
			addr = a.public
		}
		return n, net.UDPAddrFromAddrPort(netip.AddrPortFrom(addr, from.Port())), nil
	}
}

// admits reports whether n bytes more are within the rate, and within what the
// allocation may relay in all.
func (a *allocation) admits(n int) bool {
	if a.rate != nil && !a.rate.AllowN(time.Now(), n) {
		return false
	}
	limit := a.ports.config.Bytes
	return limit == 0 || a.relayed.Add(int64(n)) <= limit
}

// Close frees the relayed address.
func (a *allocation) Close() error {
	a.released()
	return a.UDPConn.Close()
}
