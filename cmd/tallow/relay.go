package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tallow-transfer/tallow/pkg/tallow"
	"github.com/tallow-transfer/tallow/relay"
)

// server is the command that runs a relay.
type server struct {
	*program
	listen string
	stun   string
	turn   turnFlags
	config relay.Config
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

It has no TLS: put it behind a server that has, and set --trust-proxy. Its STUN
service is on the UDP port of the same number, and its TURN service with --turn.`,
		Example: `  tallow relay
  tallow relay --listen 127.0.0.1:8080 --trust-proxy --stun relay.example:8080`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return s.run(cmd.Context()) },
	}
	flags := cmd.Flags()
	flags.StringVar(&s.listen, "listen", ":8080", "`address` to listen on; port 0 takes any that is free")
	flags.StringVar(&s.stun, "stun", "", "`address` of the STUN service that machines are told: HOST:PORT, :PORT or \"off\" (default the port of --listen)")
	flags.DurationVar(&s.config.UnclaimedTTL, "ttl", time.Hour, "how long a code waits to be used")
	flags.IntVar(&s.config.MaxRooms, "max-rooms", 10_000, "`number` of codes that there can be at a time")
	flags.IntVar(&s.config.RoomsPerMinute, "sessions-per-minute", 60, "`number` of codes that one address may get in a minute, -1 for no limit")
	flags.IntVar(&s.config.JoinsPerMinute, "joins-per-minute", 60, "`number` of codes that one address may try in a minute, -1 for no limit")
	flags.IntVar(&s.config.BytesPerSecond, "bytes-per-second", 0, "`bytes` that one machine may send in a second, 0 for no limit")
	flags.BoolVar(&s.config.TrustProxy, "trust-proxy", false, "take the address of machines from X-Forwarded-For")
	for _, name := range []string{"listen", "stun", "ttl", "max-rooms", "sessions-per-minute", "joins-per-minute", "bytes-per-second"} {
		completeFlag(cmd, name, noCompletion)
	}
	s.turn.register(cmd)
	return cmd
}

func (s *server) run(ctx context.Context) error {
	if err := s.check(); err != nil {
		return err
	}
	s.config.Version = buildInfo().Version
	s.config.Logger = s.logger(s.level())
	if s.stun != noSTUN {
		s.config.STUNAddress = s.stun
	}
	listener, packets, err := s.bind(ctx)
	if err != nil {
		return err
	}
	if err := s.turn.listen(ctx, s.config.TURN); err != nil {
		_ = listener.Close()
		_ = packets.Close()
		return err
	}
	if err := s.announce(listener.Addr()); err != nil {
		_ = listener.Close()
		if packets != nil {
			_ = packets.Close()
		}
		if t := s.config.TURN; t != nil && t.Listener != nil {
			_ = t.Listener.Close()
		}
		return err
	}
	if err := relay.Serve(ctx, listener, packets, s.config); err != nil {
		return &failure{kind: tallow.KindNetwork, message: err.Error(), hint: "Start it again.", err: err}
	}
	return nil
}

// check rejects invalid values.
func (s *server) check() error {
	if _, _, err := net.SplitHostPort(s.listen); err != nil {
		return usage("Write it as HOST:PORT or :PORT.", "--listen cannot be %q", s.listen)
	}
	if _, _, err := net.SplitHostPort(s.stun); err != nil && s.stun != "" && s.stun != noSTUN {
		return usage("Write it as HOST:PORT or :PORT, or \"off\".", "--stun cannot be %q", s.stun)
	}
	hint := "See tallow relay --help."
	switch {
	case s.config.UnclaimedTTL < time.Second:
		return usage(hint, "--ttl has to be at least 1s")
	case s.config.MaxRooms < 1:
		return usage(hint, "--max-rooms has to be at least 1")
	case s.config.BytesPerSecond < 0:
		return usage(hint, "--bytes-per-second cannot be negative")
	}
	var err error
	if s.config.TURN, err = s.turn.settings(s.getenv); err != nil {
		return err
	}
	if s.turn.on && s.stun == noSTUN {
		return usage("Leave out --stun.", "--turn needs the UDP port that --stun off closes")
	}
	if _, err := relay.New(s.config); err != nil {
		return usage(hint, "%v", err)
	}
	return nil
}

// level returns the level of the log.
func (s *server) level() slog.Level {
	switch {
	case s.verbose:
		return slog.LevelDebug
	case s.quiet:
		return slog.LevelWarn
	}
	return slog.LevelInfo
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
	f := &failure{
		kind: tallow.KindNetwork, message: fmt.Sprintf("cannot listen on %s: %s", s.listen, cause(err)),
		hint: "Choose another address with --listen.", err: err,
	}
	var address *net.AddrError
	var name *net.DNSError
	switch {
	case errors.Is(err, fs.ErrPermission):
		f.kind = tallow.KindIO
	case errors.As(err, &address), errors.As(err, &name):
		f.kind = tallow.KindUsage
	}
	return nil, nil, f
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
