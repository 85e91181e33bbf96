package relay

import (
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/pion/stun/v4"

	"github.com/tallow-transfer/tallow/internal/turnserver"
	"github.com/tallow-transfer/tallow/internal/wire"
)

const (
	defaultTURNLife = time.Hour
	// A peer asks for a credential when it sets up a lane. What it asks for beyond
	// that is not answered.
	turnAsksPerMinute = 20
	turnAsksBurst     = 5
	maxTURNHost       = 253 // of a name in the DNS
)

// TURN configures the TURN service (RFC 8656): UDP through the relay for peers
// between which no direct path exists. Peers in a room get a credential for it.
// Serve runs the server, on the UDP port of the STUN service and on Listener, unless
// URLs name others.
type TURN struct {
	// Secret makes credentials (draft-uberti-behave-turn-rest). By default it is
	// random; other servers that should accept them have to have the same one.
	Secret string
	// CredentialLife is how long a new allocation can be made with a credential, 1
	// hour by default. An allocation that was made before stays.
	CredentialLife time.Duration
	// URLs name TURN servers that run elsewhere and know Secret, as
	// "turn:HOST:PORT?transport=udp" (RFC 7065). Peers use only those on the relay's
	// host, or on a name below it.
	URLs []string

	// The rest is for the relay's own server.

	// Host is the name by which peers reach the server, if it is not that by which
	// they reach the relay: the name of this node, where several have one address.
	// Peers use only a name below the relay's.
	Host string
	// PublicAddresses are the relayed addresses that peers are told, at most one of
	// each family. By default it is the one to which the relay is bound, or by which
	// this machine reaches others.
	PublicAddresses []netip.Addr
	// FirstPort and LastPort are the range of relayed ports, 49152 and 65535 by
	// default.
	FirstPort, LastPort uint16
	// AllowPrivate lets peers send to private addresses, such as 192.168.0.0/16. They
	// can then reach what is in the relay's own networks.
	AllowPrivate bool
	// PerRoom and PerAddress are how many allocations a room and a client address may
	// have, 16 and 64 by default. An IPv6 address counts as its /64.
	PerRoom, PerAddress int
	// Listener is for clients that come by TCP, or by TLS if TLS is set. Serve
	// closes it. nil for none.
	Listener net.Listener
	TLS      *tls.Config
}

// check reports what is wrong with the configuration.
func (t *TURN) check() error {
	var families [2]bool
	for _, a := range t.PublicAddresses {
		family := &families[0]
		if a.Unmap().Is4() {
			family = &families[1]
		}
		if !a.IsValid() || a.IsUnspecified() || *family {
			return errors.New("TURN: one public address of each family")
		}
		*family = true
	}
	switch {
	case t.CredentialLife < 0:
		return errors.New("TURN: CredentialLife is not negative")
	case (t.FirstPort == 0) != (t.LastPort == 0), t.FirstPort > t.LastPort:
		return errors.New("TURN: FirstPort and LastPort are a range")
	case t.PerRoom < 0, t.PerAddress < 0:
		return errors.New("TURN: PerRoom and PerAddress are not negative")
	case len(t.URLs) > wire.MaxRoomTURNServers:
		return fmt.Errorf("TURN: at most %d URLs", wire.MaxRoomTURNServers)
	case len(t.URLs) > 0 && t.Secret == "":
		return errors.New("TURN: URLs need a Secret")
	case strings.ContainsAny(t.Host, ":/ "), len(t.Host) > maxTURNHost:
		return errors.New("TURN: Host is a name without a port")
	}
	for _, text := range t.URLs {
		if _, err := parseTURN(text); err != nil {
			return err
		}
	}
	return nil
}

// parseTURN parses a URL of a TURN server.
func parseTURN(text string) (wire.TURNServer, error) {
	u, err := stun.ParseURI(text)
	if err != nil {
		return wire.TURNServer{}, fmt.Errorf("TURN: %q is not a URL such as turn:relay.example:3478?transport=udp", text)
	}
	s := wire.TURNServer{Address: net.JoinHostPort(u.Host, strconv.Itoa(u.Port))}
	switch {
	case len(s.Address) > wire.MaxRoomSTUN:
	case u.Scheme == stun.SchemeTypeTURN && u.Proto == stun.ProtoTypeUDP:
		s.Transport = wire.TURNUDP
	case u.Scheme == stun.SchemeTypeTURN && u.Proto == stun.ProtoTypeTCP:
		s.Transport = wire.TURNTCP
	case u.Scheme == stun.SchemeTypeTURNS && u.Proto == stun.ProtoTypeTCP:
		s.Transport = wire.TURNTLS
	}
	if s.Transport == 0 {
		return wire.TURNServer{}, fmt.Errorf("TURN: %q is a URL of no TURN server by UDP, TCP or TLS", text)
	}
	return s, nil
}

// turnService makes the credentials that peers get.
type turnService struct {
	secret  string
	life    time.Duration
	servers []wire.TURNServer
}

// newTURNService returns nil if there is no TURN. The servers are those elsewhere;
// Serve sets those of the relay itself.
func newTURNService(c *TURN) *turnService {
	if c == nil {
		return nil
	}
	s := &turnService{secret: c.Secret, life: c.CredentialLife}
	if s.secret == "" {
		s.secret = rand.Text()
	}
	if s.life == 0 {
		s.life = defaultTURNLife
	}
	for _, text := range c.URLs {
		if server, err := parseTURN(text); err == nil { // which check has made sure of
			s.servers = append(s.servers, server)
		}
	}
	return s
}

// credential returns the frame that answers a peer in a room.
func (s *turnService) credential(r *room) *message {
	answer := wire.RoomTURN{Lifetime: s.life, Servers: s.servers}
	answer.Username, answer.Password = turnserver.NewCredential(s.secret, r.turnName(), time.Now().Add(s.life))
	return &message{frame: answer.Append(nil)}
}

// turnName returns the name of the room in credentials. It says nothing of the
// room.
func (r *room) turnName() string {
	r.table.mu.Lock()
	defer r.table.mu.Unlock()
	if r.turn == "" {
		r.turn = rand.Text()
	}
	return r.turn
}

// answerTURN gives a peer in a room a credential, unless it asks too often.
func (s *socket) answerTURN() {
	if s.asks.Allow() {
		s.peer.put(s.turn.credential(s.peer.room), nil)
	}
}

// TURNAllocations returns how many allocations the relay's TURN server has.
func (r *Relay) TURNAllocations() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.turnServer == nil {
		return 0
	}
	return r.turnServer.Allocations()
}

// startTURN starts the relay's TURN server, which also answers STUN requests. It
// closes the sockets when it is closed.
func (r *Relay) startTURN(packets net.PacketConn) (*turnserver.Server, error) {
	c := r.config.TURN
	bound, ok := packets.LocalAddr().(*net.UDPAddr)
	if !ok {
		return nil, errors.New("TURN needs a UDP socket")
	}
	bind := bound.AddrPort().Addr().Unmap()
	if bind.IsUnspecified() {
		bind = netip.Addr{}
	}
	public := c.PublicAddresses
	if len(public) == 0 {
		public = ownAddresses(bind)
	}
	server, err := turnserver.Start(turnserver.Config{
		Secret: r.turn.secret, Packets: packets, Listener: c.Listener, TLS: c.TLS,
		Public: public, Bind: bind, Ports: turnserver.PortRange{First: c.FirstPort, Last: c.LastPort},
		AllowPrivate: c.AllowPrivate, PerName: c.PerRoom, PerAddress: c.PerAddress, BytesPerSecond: r.config.BytesPerSecond, Bytes: int64(r.config.Limits.BytesPerRoom),
		Binding: func(packet []byte, from netip.AddrPort) []byte { return r.answerSTUN(new(stun.Message), packet, from) },
		Allow:   func(addr netip.Addr) bool { return r.stun.wait(addr) == 0 },
	})
	if err != nil {
		return nil, fmt.Errorf("the relay's TURN service cannot start: %w", err)
	}
	r.turn.servers = append(r.turn.servers, wire.TURNServer{Transport: wire.TURNUDP, Address: net.JoinHostPort(c.Host, strconv.Itoa(bound.Port))})
	if c.Listener != nil {
		s := wire.TURNServer{Transport: wire.TURNTCP}
		if c.TLS != nil {
			s.Transport = wire.TURNTLS
		}
		if _, port, err := net.SplitHostPort(c.Listener.Addr().String()); err == nil {
			s.Address = net.JoinHostPort(c.Host, port)
			r.turn.servers = append(r.turn.servers, s)
		}
	}
	for _, a := range public {
		if !c.AllowPrivate && !isPublic(a) {
			r.config.Logger.Warn("the relayed addresses of TURN are not public: peers elsewhere cannot use them; set the public address")
		}
	}
	r.mu.Lock()
	r.turnServer = server
	r.mu.Unlock()
	return server, nil
}

// ownAddresses returns the address to which the relay is bound, or those by which
// this machine reaches the internet. Nothing is sent to find them.
func ownAddresses(bind netip.Addr) (all []netip.Addr) {
	if bind.IsValid() {
		return []netip.Addr{bind}
	}
	for _, far := range []string{"192.0.2.1:9", "[2001:db8::1]:9"} { // addresses of documentation
		conn, err := net.Dial("udp", far)
		if err != nil {
			continue
		}
		if own, ok := conn.LocalAddr().(*net.UDPAddr); ok {
			all = append(all, own.AddrPort().Addr().Unmap().WithZone(""))
		}
		_ = conn.Close()
	}
	return all
}

func isPublic(a netip.Addr) bool {
	return a.IsGlobalUnicast() && !a.IsPrivate() && !netip.MustParsePrefix("100.64.0.0/10").Contains(a)
}
