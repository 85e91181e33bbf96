package nearby

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"

	"github.com/pion/logging"
	"github.com/pion/mdns/v2"
	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"

	"github.com/tallow-transfer/tallow/internal/wire"
)

const (
	service = "_tallow._tcp"
	domain  = "local"
	port    = 5353 // of multicast DNS
)

// Announcement answers questions for a nameplate until it is closed.
type Announcement struct {
	end    func() error // once, and waits
	unbind func() bool  // from the context
}

// Announce makes the relay on a TCP port of this machine findable by a
// nameplate, on all interfaces that take multicast, and on loopback. The relay
// has to listen on all of them. It lasts until Close, or until ctx ends.
//
// The port of multicast DNS is shared with whatever else uses it, such as the
// system's own responder.
func Announce(ctx context.Context, nameplate string, relayPort int) (*Announcement, error) {
	if !wire.ValidNameplate(nameplate) || relayPort < 1 || relayPort > 65535 {
		return nil, fmt.Errorf("cannot announce nameplate %q at port %d", nameplate, relayPort)
	}
	four, six, err := listen()
	if err != nil {
		return nil, fmt.Errorf("cannot announce this sender to the network: %w", err)
	}
	// Each announcement is a host of its own: that tells two of them apart.
	host := "tallow-" + strings.ToLower(rand.Text()) + "." + domain
	quiet := logging.NewDefaultLoggerFactory()
	quiet.Writer = io.Discard
	server, err := mdns.NewServer(four, six,
		mdns.WithLoggerFactory(quiet),
		mdns.WithIncludeLoopback(true),
		mdns.WithCacheRefresh(false),
		mdns.WithLocalNames(host),
		mdns.WithService(mdns.ServiceInstance{
			Instance: nameplate, Service: service, Domain: domain, Port: uint16(relayPort),
		}))
	if err != nil {
		closeBoth(four, six)
		return nil, fmt.Errorf("cannot announce this sender to the network: %w", err)
	}
	end := sync.OnceValue(server.Close)
	return &Announcement{end: end, unbind: context.AfterFunc(ctx, func() { _ = end() })}, nil
}

// Close ends the announcement. It may be called more than once.
func (a *Announcement) Close() error {
	a.unbind()
	return a.end()
}

// listen binds the port of multicast DNS, for IPv4 and IPv6 as far as the
// machine has them. An address of multicast makes the net package share the port.
func listen() (*ipv4.PacketConn, *ipv6.PacketConn, error) {
	var four *ipv4.PacketConn
	var six *ipv6.PacketConn
	conn4, err4 := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(224, 0, 0, 0), Port: port})
	if err4 == nil {
		four = ipv4.NewPacketConn(conn4)
	}
	conn6, err6 := net.ListenUDP("udp6", &net.UDPAddr{IP: net.ParseIP("ff02::"), Port: port})
	if err6 == nil {
		six = ipv6.NewPacketConn(conn6)
	}
	if four == nil && six == nil {
		return nil, nil, errors.Join(err4, err6)
	}
	return four, six, nil
}

func closeBoth(four *ipv4.PacketConn, six *ipv6.PacketConn) {
	if four != nil {
		_ = four.Close()
	}
	if six != nil {
		_ = six.Close()
	}
}
