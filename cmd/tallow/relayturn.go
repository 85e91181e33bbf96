package main

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

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

func (f *turnFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.BoolVar(&f.on, "turn", false, "relay UDP between machines in rooms that reach each other by no direct path (TURN)")
	flags.StringVar(&f.ports, "turn-ports", "49152-65535", "`range` of UDP ports from which TURN relays")
	flags.StringSliceVar(&f.publicIPs, "turn-public-ip", nil, "`address` at which machines reach these ports; one of each family (default that of --listen, or that of this machine)")
	flags.BoolVar(&f.config.AllowPrivate, "turn-allow-private", false, "let TURN relay to private addresses, such as 192.168.0.0/16")
	flags.StringVar(&f.tcp, "turn-tcp", "", "`address` to listen on for TURN by TCP (default none)")
	flags.IntVar(&f.config.PerRoom, "turn-per-room", 16, "`number` of TURN allocations that the machines in one room may have")
	flags.IntVar(&f.config.PerAddress, "turn-per-address", 64, "`number` of TURN allocations that one address may have")
	flags.DurationVar(&f.config.CredentialLife, "turn-ttl", time.Hour, "how long a new allocation can be made with a credential")
	flags.StringSliceVar(&f.config.URLs, "turn-url", nil, "`URL` of a TURN server elsewhere that machines are told, such as turn:relay.example:3478?transport=udp")
	flags.StringVar(&f.config.Secret, "turn-secret", "", "`secret` that a server of --turn-url checks credentials with (default TALLOW_TURN_SECRET)")
	for _, name := range []string{
		"turn-ports", "turn-public-ip", "turn-tcp", "turn-per-room", "turn-per-address", "turn-ttl", "turn-url", "turn-secret",
	} {
		completeFlag(cmd, name, noCompletion)
	}
}

// settings returns the configuration of the flags, nil for no TURN.
func (f *turnFlags) settings(getenv func(string) string) (*relay.TURN, error) {
	hint := "See tallow relay --help."
	if !f.on && len(f.config.URLs) == 0 {
		return nil, nil
	}
	c := f.config
	if c.Secret == "" {
		c.Secret = getenv("TALLOW_TURN_SECRET")
	}
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

// listen binds the address of --turn-tcp.
func (f *turnFlags) listen(ctx context.Context, c *relay.TURN) error {
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
