package relay

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/tallow-transfer/tallow/internal/congestion"
	"github.com/tallow-transfer/tallow/internal/httpserver"
)

const (
	// bindAttempts is how often Listen tries to find a port that is free for TCP
	// and UDP, if it may choose.
	bindAttempts = 20
	// shutdownGrace is how long peers and requests may take to end.
	shutdownGrace = 1500 * time.Millisecond
)

// Listen binds addr, "HOST:PORT", for the two sockets of a relay: TCP for peers
// and UDP of the same number for STUN. For port 0 it finds one that is free for
// both. Where the system allows it, accepted connections use a congestion control
// that suits bulk data.
func Listen(ctx context.Context, addr string) (net.Listener, net.PacketConn, error) {
	bind := net.ListenConfig{Control: congestion.Control}
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, nil, fmt.Errorf("listen address %q: write it as HOST:PORT or :PORT", addr)
	}
	for attempt := 1; ; attempt++ {
		listener, err := ListenTCP(ctx, addr)
		if err != nil {
			return nil, nil, err
		}
		packets, err := bind.ListenPacket(ctx, "udp", listener.Addr().String())
		if err == nil {
			return listener, packets, nil
		}
		_ = listener.Close()
		if port != "0" || attempt == bindAttempts {
			return nil, nil, err
		}
	}
}

// ListenTCP binds addr for a relay without a STUN service, like Listen.
func ListenTCP(ctx context.Context, addr string) (net.Listener, error) {
	bind := net.ListenConfig{Control: congestion.Control}
	return bind.Listen(ctx, "tcp", addr)
}

// Serve runs a relay on listener, and its STUN service on packets unless that is
// nil, with the TURN service if there is one, until ctx ends; then it ends all rooms properly and returns nil. It
// closes both sockets. If the configuration names no STUN address, peers are
// told the port of packets.
func Serve(ctx context.Context, listener net.Listener, packets net.PacketConn, config Config) error {
	defer listener.Close()
	if packets != nil {
		defer packets.Close()
		if addr, ok := packets.LocalAddr().(*net.UDPAddr); ok && config.STUNAddress == "" {
			config.STUNAddress = ":" + strconv.Itoa(addr.Port)
		}
	}
	if config.TURN != nil && config.TURN.Listener != nil {
		defer config.TURN.Listener.Close()
	}
	relay, err := New(config)
	if err != nil {
		return err
	}
	logger := relay.config.Logger
	server := &http.Server{
		Handler: relay,
		// These apply until a connection becomes a WebSocket, which has its own.
		ReadHeaderTimeout: bodyTimeout,
		ReadTimeout:       2 * bodyTimeout,
		WriteTimeout:      2 * bodyTimeout,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          httpserver.ErrorLog(logger),
		TLSConfig:         relay.config.TLS,
	}
	running, stop := context.WithCancel(ctx)
	defer stop()
	var services sync.WaitGroup
	failed := make(chan error, 3)
	serveTURN := packets != nil && relay.config.TURN != nil && len(relay.config.TURN.URLs) == 0
	switch {
	case serveTURN:
		turn, err := relay.startTURN(packets)
		if err != nil {
			return err
		}
		services.Go(func() {
			<-running.Done()
			_ = turn.Close()
		})
	case packets != nil:
		services.Go(func() {
			if err := relay.ServeSTUN(running, packets); err != nil {
				failed <- fmt.Errorf("the relay's STUN service cannot go on: %w", err)
			}
		})
	}
	services.Go(func() {
		if err := serveHTTP(server, relay.Limit(listener)); !errors.Is(err, http.ErrServerClosed) {
			failed <- fmt.Errorf("the relay cannot serve any more: %w", err)
		}
	})
	if relay.store != nil {
		services.Go(func() { relay.store.sweep(running) })
		services.Go(func() { relay.store.outbox.Run(running) })
	}
	if relay.box != nil {
		services.Go(func() { relay.box.run(running) })
	}
	if relay.node != nil {
		defer relay.startNode(ctx, failed)()
	}
	logger.Info("relay serves", "addr", listener.Addr().String())
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	if err == nil && config.DrainTimeout > 0 {
		logger.Info("relay drains")
		relay.drainFor(ctx, config.DrainTimeout)
	}
	logger.Info("relay shuts down")
	shutdown(ctx, relay, server)
	stop()
	services.Wait()
	return err
}

// serveHTTP serves HTTP/1.1, or by TLS HTTP/2 as well. WebSockets need HTTP/1.1, which
// their clients ask for when they open a connection.
func serveHTTP(server *http.Server, listener net.Listener) error {
	if server.TLSConfig == nil {
		return server.Serve(listener)
	}
	return server.ServeTLS(listener, "", "")
}

// shutdown ends a relay and its server, by force after shutdownGrace.
func shutdown(ctx context.Context, relay *Relay, server *http.Server) {
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownGrace)
	defer cancel()
	if err := relay.Shutdown(grace); err != nil {
		relay.config.Logger.Warn("some peers were cut off")
	}
	if err := server.Shutdown(grace); err != nil {
		_ = server.Close()
	}
}

// ListenAndServe runs a relay and its STUN service on addr until ctx ends.
// Unless onListening is nil, it is called with the address before the relay accepts
// anything.
func ListenAndServe(ctx context.Context, addr string, config Config, onListening func(net.Addr)) error {
	listener, packets, err := Listen(ctx, addr)
	if err != nil {
		return fmt.Errorf("cannot listen: %w", err)
	}
	if onListening != nil {
		onListening(listener.Addr())
	}
	return Serve(ctx, listener, packets, config)
}
