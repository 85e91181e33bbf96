package main

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/http/pprof"
	"time"

	"github.com/tallow-transfer/tallow/internal/httpserver"
	"github.com/tallow-transfer/tallow/internal/metrics"
	"github.com/tallow-transfer/tallow/internal/settings"
)

// metricsSettings are the settings of what an operator sees of a running relay.
type metricsSettings struct {
	listen string
	pprof  bool
}

func (m *metricsSettings) table() []settings.Setting {
	return []settings.Setting{
		{Name: "metrics", Value: &m.listen, Help: "`address` that serves metrics for Prometheus at /metrics, such as 127.0.0.1:9090; not for the internet"},
		{Name: "pprof", Value: &m.pprof, Help: "serve Go's profiles there too, at /debug/pprof/"},
	}
}

// check rejects invalid values. place says where a setting was made.
func (m *metricsSettings) check(place func(string) string) error {
	if m.pprof && m.listen == "" {
		return usage("Give it an address with --metrics.", "%s needs a listener", place("pprof"))
	}
	if _, _, err := net.SplitHostPort(m.listen); err != nil && m.listen != "" {
		return usage("Write it as HOST:PORT or :PORT.", "%s cannot be %q", place("metrics"), m.listen)
	}
	return nil
}

// profileTimeout is the time that an answer may take: profiles are taken for as long
// as a request asks.
const profileTimeout = 10 * time.Minute

// measure makes the metrics, binds their listener, and adds it to what runs.
func (s *server) measure(run *services) error {
	m := metrics.New(s.config.Version)
	s.config.Observer = m
	if s.config.TLS != nil {
		m.WatchCertificate(s.certificates.Expires)
		s.config.TLS.VerifyConnection = func(state tls.ConnectionState) error {
			m.Handshake(state)
			return nil
		}
	}
	listener, err := s.listenTCP(run.ctx, "metrics", s.metrics.listen)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", m.Handler())
	if s.metrics.pprof {
		mux.HandleFunc("/debug/pprof/", pprof.Index)
		mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
		mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
		mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
		mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	}
	s.config.Logger.Info("metrics are served", "addr", listener.Addr().String())
	run.add(func(ctx context.Context) error {
		return httpserver.Serve(ctx, listener, mux, profileTimeout, s.config.Logger)
	})
	return nil
}
