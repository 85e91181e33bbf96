package nearby

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

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

	// followInterval is how soon an announcement notices that the machine has
	// joined a network or changed its address.
	followInterval = 2 * time.Second
)

// Announcement answers questions for a nameplate until it is closed.
type Announcement struct {
	instance mdns.ServiceInstance
	host     string

	cancel    context.CancelFunc
	following sync.WaitGroup
	err       error // of closing the last responder; read it after following
}

// Announce lets receivers find the relay on a TCP port of this machine by a
// nameplate, on all interfaces that take multicast, and on loopback. The relay has
// to listen on all of them. Announce notices new interfaces and addresses within
// about two seconds. The announcement lasts until Close, or until ctx ends.
//
// The port of multicast DNS is shared with whatever else uses it, such as the
// system's own responder.
func Announce(ctx context.Context, nameplate string, relayPort int) (*Announcement, error) {
	if !wire.ValidNameplate(nameplate) || relayPort < 1 || relayPort > 65535 {
		return nil, fmt.Errorf("cannot announce nameplate %q at port %d", nameplate, relayPort)
	}
	a := &Announcement{
		instance: mdns.ServiceInstance{Instance: nameplate, Service: service, Domain: domain, Port: uint16(relayPort)},
		// Each announcement has a host name of its own, by which receivers tell two of
		// them apart.
		host: "tallow-" + strings.ToLower(rand.Text()) + "." + domain,
	}
	here := network()
	responder, err := a.respond()
	if err != nil {
		return nil, fmt.Errorf("cannot announce this sender to the network: %w", err)
	}
	ctx, a.cancel = context.WithCancel(ctx)
	a.following.Go(func() { a.err = a.follow(ctx, responder, here) })
	return a, nil
}

// Close ends the announcement. It may be called more than once.
func (a *Announcement) Close() error {
	a.cancel()
	a.following.Wait()
	return a.err
}

// follow replaces the responder whenever the network has changed, since a
// responder knows only the interfaces of its start. The next one starts before the
// last ends, so that no question goes unanswered. Both give the same answers.
func (a *Announcement) follow(ctx context.Context, responder io.Closer, here []string) error {
	ticker := time.NewTicker(followInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return responder.Close()
		case <-ticker.C:
		}
		now := network()
		if len(now) == 0 || slices.Equal(now, here) {
			continue
		}
		next, err := a.respond()
		if err != nil {
			continue // the network is still changing; try again
		}
		_ = responder.Close() // its sockets may be bound to an interface that is gone
		responder, here = next, now
	}
}

// respond starts to answer questions on the present interfaces.
func (a *Announcement) respond() (io.Closer, error) {
	four, six, err := listen()
	if err != nil {
		return nil, err
	}
	quiet := logging.NewDefaultLoggerFactory()
	quiet.Writer = io.Discard
	server, err := mdns.NewServer(four, six,
		mdns.WithLoggerFactory(quiet),
		mdns.WithIncludeLoopback(true),
		mdns.WithCacheRefresh(false),
		mdns.WithLocalNames(a.host),
		mdns.WithService(a.instance))
	if err != nil {
		closeBoth(four, six)
		return nil, err
	}
	return server, nil
}

// listen binds the port of multicast DNS, for IPv4 and IPv6 as far as the
// machine has them. The net package shares a port that is bound to a multicast
// address.
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
