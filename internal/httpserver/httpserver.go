// Package httpserver runs HTTP servers that bear the public internet: with timeouts
// against slow clients, and an end that does not wait for idle ones.
package httpserver

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"
)

const (
	headerTimeout  = 10 * time.Second
	requestTimeout = 20 * time.Second
	idleTimeout    = time.Minute
	maxHeader      = 16 << 10 // bytes
	shutdownGrace  = 1500 * time.Millisecond
)

// Serve serves handler on listener until ctx ends, and returns nil then. An answer
// may take as long as writeTimeout.
func Serve(ctx context.Context, listener net.Listener, handler http.Handler, writeTimeout time.Duration, log *slog.Logger) error {
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       requestTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          ErrorLog(log),
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownGrace)
	defer cancel()
	if server.Shutdown(grace) != nil {
		_ = server.Close()
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
