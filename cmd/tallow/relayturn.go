package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/tallow-transfer/tallow/internal/settings"
	"github.com/tallow-transfer/tallow/pkg/tallow"
	"github.com/tallow-transfer/tallow/relay"
)

// turnFlags are the flags of the relay's TURN service.
type turnFlags struct {
	on        bool
	ports     string
	publicIPs []string
	tcp       string
	config    relay.TURN
}

func (f *turnFlags) table() []settings.Setting {
	f.ports = "49152-65535"
	f.config.PerRoom, f.config.PerAddress, f.config.CredentialLife = 16, 64, time.Hour
	return []settings.Setting{
		{Name: "turn", Value: &f.on, Help: "relay UDP between machines in rooms that reach each other by no direct path (TURN)"},
		{Name: "turn-ports", Value: &f.ports, Help: "`range` of UDP ports from which TURN relays"},
		{Name: "turn-public-ip", Value: &f.publicIPs, Help: "`address` at which machines reach these ports; one of each family (default that of --listen, or that of this machine)"},
		{Name: "turn-host", Value: &f.config.Host, Help: "`NAME` by which machines reach this relay's TURN server, below the relay's own, such as node1.relay.example (default the relay's)"},
		{Name: "turn-allow-private", Value: &f.config.AllowPrivate, Help: "let TURN relay to private addresses, such as 192.168.0.0/16"},
		{Name: "turn-tcp", Value: &f.tcp, Help: "`address` to listen on for TURN by TCP, or by TLS if the relay has it (default none)"},
		{Name: "turn-per-room", Value: &f.config.PerRoom, Help: "`number` of TURN allocations that the machines in one room may have"},
		{Name: "turn-per-address", Value: &f.config.PerAddress, Help: "`number` of TURN allocations that one address may have"},
		{Name: "turn-ttl", Value: &f.config.CredentialLife, Help: "how long a new allocation can be made with a credential"},
		{Name: "turn-url", Value: &f.config.URLs, Help: "`URL` of a TURN server elsewhere that machines are told, such as turn:relay.example:3478?transport=udp"},
		{Name: "turn-secret", Value: &f.config.Secret, Help: "`secret` that a server of --turn-url checks credentials with", Secret: true},
	}
}

// relayConfig returns the configuration of the flags, nil for no TURN.
func (f *turnFlags) relayConfig() (*relay.TURN, error) {
	hint := "See tallow relay --help."
	if !f.on && len(f.config.URLs) == 0 {
		return nil, nil
	}
	c := f.config
	var err error
	if c.FirstPort, c.LastPort, err = parsePorts(f.ports); err != nil {
		return nil, usage("Write it as FIRST-LAST.", "--turn-ports cannot be %q", f.ports)
	}
	for _, text := range f.publicIPs {
		addr, err := netip.ParseAddr(text)
		if err != nil {
			return nil, usage("Give an IP address.", "--turn-public-ip cannot be %q", text)
		}
		c.PublicAddresses = append(c.PublicAddresses, addr)
	}
	if _, _, err := net.SplitHostPort(f.tcp); err != nil && f.tcp != "" {
		return nil, usage("Write it as HOST:PORT or :PORT.", "--turn-tcp cannot be %q", f.tcp)
	}
	switch {
	case strings.ContainsAny(c.Host, ":/ "):
		return nil, usage("Give a name without a port.", "--turn-host cannot be %q", c.Host)
	case f.on && len(c.URLs) > 0:
		return nil, usage("Leave out one of them.", "--turn is the relay's own TURN server, and --turn-url is another one")
	case len(c.URLs) > 0 && c.Secret == "":
		return nil, usage("Give the secret that the TURN server has.", "--turn-url needs --turn-secret")
	case c.PerRoom < 1, c.PerAddress < 1:
		return nil, usage(hint, "--turn-per-room and --turn-per-address have to be at least 1")
	case c.CredentialLife < time.Second:
		return nil, usage(hint, "--turn-ttl has to be at least 1s")
	}
	return &c, nil
}

// listen binds the address of --turn-tcp. TLS is that of the relay, nil for none.
func (f *turnFlags) listen(ctx context.Context, c *relay.TURN, secure *tls.Config) error {
	if c == nil || f.tcp == "" || len(c.URLs) > 0 {
		return nil
	}
	listener, err := relay.ListenTCP(ctx, f.tcp)
	if err != nil {
		return &failure{
			kind: tallow.KindNetwork, message: fmt.Sprintf("cannot listen on %s: %s", f.tcp, cause(err)),
			hint: "Choose another address with --turn-tcp.", err: err,
		}
	}
	c.Listener = listener
	if secure != nil {
		c.TLS = secure.Clone()
		c.TLS.NextProtos = nil // those are of HTTP
	}
	return nil
}

// parsePorts parses a range of ports.
func parsePorts(text string) (first, last uint16, err error) {
	from, to, _ := strings.Cut(text, "-")
	a, err := strconv.ParseUint(from, 10, 16)
	if err != nil {
		return 0, 0, err
	}
	b, err := strconv.ParseUint(to, 10, 16)
	if err != nil {
		return 0, 0, err
	}
	if a == 0 || a > b {
		return 0, 0, fmt.Errorf("ports %d-%d", a, b)
	}
	return uint16(a), uint16(b), nil
}
