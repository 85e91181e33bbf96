package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tallow-transfer/tallow/internal/certificate"
	"github.com/tallow-transfer/tallow/internal/settings"
	"github.com/tallow-transfer/tallow/pkg/tallow"
	"github.com/tallow-transfer/tallow/relay"
)

// server is the command that runs a relay.
type server struct {
	*program
	listen    string
	stun      string
	config    relay.Config
	turn      turnFlags
	tls       tlsSettings
	metrics   metricsSettings
	cluster   clusterSettings
	store     storeSettings
	mail      mailSettings
	mailbox   mailboxSettings
	logFormat string
	sentryDSN string
	networks  networkLists

	certificates certificate.Source // nil without TLS

	settings    *settings.Set // relaysettings.go
	file        string        // --config
	printConfig bool
}

// noSTUN is the value of --stun that turns the service off.
const noSTUN = "off"

func newRelay(p *program) *cobra.Command {
	s := &server{program: p}
	cmd := &cobra.Command{
		Use:   "relay [flags]",
		Short: "Run a relay, where machines meet",
		Long: `Run a relay, where machines meet. It learns neither names nor contents of
files, and cannot read what it passes on.

For the internet give it TLS, by --tls-cert and --tls-key or by --acme-domains,
or put it behind a server that has, and name that in --trusted-proxies. Its STUN
service is on the UDP port of the same number, and its TURN service with --turn.`,
		Example: `  tallow relay
  tallow relay --listen :443 --acme-domains relay.example --redirect-listen :80
  tallow relay --listen 127.0.0.1:8080 --trusted-proxies 127.0.0.1 --stun off`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return s.run(cmd.Context(), cmd) },
	}
	s.addSettings(cmd)
	cmd.AddCommand(newRelayStore(s))
	return cmd
}

func (s *server) run(ctx context.Context, cmd *cobra.Command) error {
	if err := s.loadSettings(cmd); err != nil {
		return err
	}
	if err := s.check(); err != nil {
		return err
	}
	if s.printConfig {
		return s.settings.Print(s.stdout)
	}
	s.config.Version = buildInfo().Version
	closeLog, err := s.openLog()
	if err != nil {
		return err
	}
	defer closeLog()
	if s.stun != noSTUN {
		s.config.STUNAddress = s.stun
	}
	run := newServices(ctx)
	defer run.end()
	if s.tls.on() {
		if err := s.secure(run); err != nil {
			return err
		}
	}
	if s.metrics.listen != "" {
		if err := s.measure(run); err != nil {
			return err
		}
	}
	if s.cluster.redis != "" {
		leave, err := s.join(run)
		if err != nil {
			return err
		}
		defer leave()
	}
	closeStore, err := s.keep(run)
	if err != nil {
		return err
	}
	defer closeStore()
	closeMailbox, err := s.openMailbox(run.ctx)
	if err != nil {
		return err
	}
	defer closeMailbox()
	listener, packets, err := s.bind(ctx)
	if err != nil {
		return err
	}
	err = s.turn.listen(ctx, s.config.TURN, s.config.TLS)
	if err == nil {
		err = s.beside(run, listener.Addr())
	}
	if err == nil {
		err = s.announce(listener.Addr())
	}
	if err != nil {
		_ = listener.Close()
		if packets != nil {
			_ = packets.Close()
		}
		if t := s.config.TURN; t != nil && t.Listener != nil {
			_ = t.Listener.Close()
		}
		return err
	}
	err = relay.Serve(run.ctx, listener, packets, s.config)
	if err == nil {
		err = run.failure(ctx)
	}
	if err != nil {
		return &failure{kind: tallow.KindNetwork, message: err.Error(), hint: "Start it again.", err: err}
	}
	return nil
}

// beside starts what listens beside the relay.
func (s *server) beside(run *services, main net.Addr) error {
	if s.tls.redirectListen != "" {
		return s.redirect(run, main)
	}
	return nil
}

// check rejects invalid values.
func (s *server) check() error {
	if _, _, err := net.SplitHostPort(s.listen); err != nil {
		return usage("Write it as HOST:PORT or :PORT.", "%s cannot be %q", s.settings.Place("listen"), s.listen)
	}
	if _, _, err := net.SplitHostPort(s.stun); err != nil && s.stun != "" && s.stun != noSTUN {
		return usage("Write it as HOST:PORT or :PORT, or \"off\".", "%s cannot be %q", s.settings.Place("stun"), s.stun)
	}
	hint := "See tallow relay --help."
	switch {
	case s.config.UnclaimedTTL < time.Second:
		return usage(hint, "%s has to be at least 1s", s.settings.Place("ttl"))
	case s.config.MaxRooms < 1:
		return usage(hint, "%s has to be at least 1", s.settings.Place("max-rooms"))
	case s.config.BytesPerSecond < 0:
		return usage(hint, "%s cannot be negative", s.settings.Place("bytes-per-second"))
	case s.config.DrainTimeout < 0:
		return usage(hint, "%s cannot be negative", s.settings.Place("drain-timeout"))
	}
	if s.logFormat != logText && s.logFormat != logJSON {
		return usage("It is text or json.", "%s cannot be %q", s.settings.Place("log-format"), s.logFormat)
	}
	if err := s.tls.check(s.settings.Place); err != nil {
		return err
	}
	if err := s.metrics.check(s.settings.Place); err != nil {
		return err
	}
	if err := s.cluster.check(s.settings.Place); err != nil {
		return err
	}
	if err := s.store.check(s.settings.Place, s.cluster.redis != ""); err != nil {
		return err
	}
	if err := s.mail.check(s.settings.Place, s.store.place != "", s.tls.acmeDomains); err != nil {
		return err
	}
	if err := s.mailbox.check(s.config.Mailbox, s.settings.Place, s.cluster.redis != ""); err != nil {
		return err
	}
	if err := s.networks.parse(&s.config.Access, s.settings.Place); err != nil {
		return err
	}
	var err error
	if s.config.TURN, err = s.turn.relayConfig(); err != nil {
		return err
	}
	if s.turn.on && s.cluster.redis != "" && s.turn.config.Host == "" {
		return usage("Give this relay a name of its own with --turn-host, such as node1.relay.example, or name a TURN server that all of them share with --turn-url.",
			"--turn with --redis needs --turn-host: by the name that all relays have, a machine may reach another one's server")
	}
	if s.turn.on && s.stun == noSTUN {
		return usage("Leave out --stun.", "--turn needs the UDP port that --stun off closes")
	}
	if _, err := relay.New(s.config); err != nil {
		return usage(hint, "%v", err)
	}
	return nil
}

// bind binds the relay's sockets; packets is nil without STUN.
func (s *server) bind(ctx context.Context) (listener net.Listener, packets net.PacketConn, err error) {
	if s.stun == noSTUN {
		listener, err = relay.ListenTCP(ctx, s.listen)
	} else {
		listener, packets, err = relay.Listen(ctx, s.listen)
	}
	if err == nil {
		return listener, packets, nil
	}
	return nil, nil, s.cannotListen("listen", s.listen, err)
}

// cannotListen is the error of an address that a setting names.
func (s *server) cannotListen(name, addr string, err error) error {
	f := &failure{
		kind: tallow.KindNetwork, message: fmt.Sprintf("cannot listen on %s: %s", addr, cause(err)),
		hint: "Choose another address with --" + name + ".", err: err,
	}
	var address *net.AddrError
	var host *net.DNSError
	switch {
	case errors.Is(err, fs.ErrPermission):
		f.kind = tallow.KindIO
	case errors.As(err, &address), errors.As(err, &host):
		f.kind = tallow.KindUsage
	}
	return f
}

// announce prints the address on which the relay listens.
func (s *server) announce(addr net.Addr) error {
	if s.json {
		encoder := newEncoder(s.events(), nil)
		encoder.listening(addr)
		return encoder.failure()
	}
	if _, err := fmt.Fprintf(s.stdout, "listening on %s\n", addr); err != nil {
		return brokenOutput(err)
	}
	return nil
}

// noArguments is the argument check of commands that take none.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usage(seeHelp(cmd), "%s takes no arguments, and there is %q", cmd.CommandPath(), strings.Join(args, " "))
	}
	return nil
}
