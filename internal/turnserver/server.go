package turnserver

import (
	"cmp"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/pion/logging"
	"github.com/pion/turn/v5"
)

// realm is what clients hash into their keys.
const realm = "tallow"

// Defaults of a Config.
const (
	DefaultPerName    = 16
	DefaultPerAddress = 64

	// serverBuffer is the size in bytes that is requested for the kernel's buffers of
	// the UDP socket, which all clients share.
	serverBuffer = 8 << 20

	firstDynamicPort = 49152
	lastDynamicPort  = 65535
)

// Config configures a Server.
type Config struct {
	// Secret makes and checks credentials.
	Secret string
	// Packets is the UDP socket. The server closes it.
	Packets net.PacketConn
	// Listener is for clients that come by TCP, by TLS if TLS is set; nil for none.
	// The server closes it.
	Listener net.Listener
	TLS      *tls.Config
	// Public are the relayed addresses that peers are told, at most one of each
	// family.
	Public []netip.Addr
	// Bind is the address of this machine to which the sockets of relayed addresses
	// are bound; all if it is not valid.
	Bind netip.Addr
	// Ports is the range of the relayed addresses' ports, 49152-65535 by default.
	Ports PortRange
	// AllowPrivate allows relaying to private addresses.
	AllowPrivate bool
	// PerName and PerAddress bound the allocations of a name and of a client address,
	// 16 and 64 by default. An IPv6 address counts as its /64.
	PerName, PerAddress int
	// AllocationLife is for how long an allocation is made or refreshed, 10 minutes by
	// default.
	AllocationLife time.Duration
	// BytesPerSecond is how much one allocation relays, 0 for no limit.
	BytesPerSecond int
	// Bytes is how much one allocation relays in all, 0 for no limit.
	Bytes int64
	// Binding returns the answer to a STUN message about bindings, nil for none.
	Binding func(packet []byte, from netip.AddrPort) (answer []byte)
	// Allow reports whether a source may make another request.
	Allow func(netip.Addr) bool
}

// Server is a running TURN server.
type Server struct {
	config      Config
	addresses   addresses
	engine      *turn.Server
	connections *connections // nil without TCP

	mu        sync.Mutex
	byAddress map[netip.Prefix]int // allocations
}

// Start starts a server. It must be closed.
func Start(c Config) (*Server, error) {
	c.PerName, c.PerAddress = cmp.Or(c.PerName, DefaultPerName), cmp.Or(c.PerAddress, DefaultPerAddress)
	c.Ports = cmp.Or(c.Ports, PortRange{firstDynamicPort, lastDynamicPort})
	switch {
	case c.Secret == "":
		return nil, errors.New("TURN needs a secret")
	case len(c.Public) == 0:
		return nil, errors.New("TURN needs a public address")
	case c.Ports.First == 0 || c.Ports.First > c.Ports.Last:
		return nil, fmt.Errorf("TURN ports %d-%d", c.Ports.First, c.Ports.Last)
	}
	s := &Server{config: c, byAddress: make(map[netip.Prefix]int)}
	s.addresses.allowPrivate = c.AllowPrivate
	for _, a := range c.Public {
		s.addresses.own = append(s.addresses.own, a.Unmap())
	}
	if conn, ok := c.Packets.(*net.UDPConn); ok {
		_ = conn.SetReadBuffer(serverBuffer) // smaller ones only lose more
		_ = conn.SetWriteBuffer(serverBuffer)
	}
	generator := newPorts(c, s.addresses)
	options := turn.ServerConfig{
		PacketConnConfigs: []turn.PacketConnConfig{{
			PacketConn:            &packets{c.Packets, c.Binding, c.Allow},
			RelayAddressGenerator: generator, PermissionHandler: s.permits,
		}},
		LoggerFactory: &logging.DefaultLoggerFactory{Writer: io.Discard, DefaultLogLevel: logging.LogLevelDisabled},
		Realm:         realm, AllocationLifetime: c.AllocationLife,
		AuthHandler:  s.authenticate,
		QuotaHandler: s.withinQuota,
		EventHandler: turn.EventHandler{
			OnAllocationCreated: func(source, _ net.Addr, _, _, _ string, _ net.Addr, _ int) { s.count(source, 1) },
			OnAllocationDeleted: func(source, _ net.Addr, _, _, _ string) { s.count(source, -1) },
		},
	}
	if c.Listener != nil {
		s.connections = newConnections(c.Listener, s.config.PerAddress)
		listener := net.Listener(s.connections)
		if c.TLS != nil {
			listener = tls.NewListener(listener, c.TLS)
		}
		options.ListenerConfigs = []turn.ListenerConfig{{
			Listener: listener, RelayAddressGenerator: generator, PermissionHandler: s.permits,
		}}
	}
	var err error
	s.engine, err = turn.NewServer(options)
	return s, err
}

// Allocations returns how many allocations there are.
func (s *Server) Allocations() int { return s.engine.AllocationCount() }

// Close ends all allocations and closes the sockets.
func (s *Server) Close() error { return s.engine.Close() }

// permits says whether a client may exchange datagrams with a peer.
func (s *Server) permits(_ net.Addr, peer net.IP) bool {
	addr, ok := netip.AddrFromSlice(peer)
	return ok && s.addresses.allows(addr)
}

// withinQuota reports whether a client address may have another allocation. The
// quota of the name is checked where the port is taken.
func (s *Server) withinQuota(_, _ string, source net.Addr) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.byAddress[clientKey(source)] < s.config.PerAddress
}

func (s *Server) count(source net.Addr, change int) {
	key := clientKey(source)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byAddress[key] += change; s.byAddress[key] <= 0 {
		delete(s.byAddress, key)
	}
}
