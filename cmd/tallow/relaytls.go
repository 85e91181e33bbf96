package main

import (
	"context"
	"crypto/x509"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"

	"github.com/tallow-transfer/tallow/internal/certificate"
	"github.com/tallow-transfer/tallow/internal/httpserver"
	"github.com/tallow-transfer/tallow/internal/settings"
	"github.com/tallow-transfer/tallow/pkg/tallow"
	"github.com/tallow-transfer/tallow/relay"
)

// tlsSettings are the settings of a relay that has TLS itself.
type tlsSettings struct {
	cert, key  string
	minVersion string

	acmeDomains   []string
	acmeEmail     string
	acmeCache     string
	acmeDirectory string
	acmeCA        string

	redirectListen string
	redirectPort   int
}

func (t *tlsSettings) table() []settings.Setting {
	t.minVersion = "1.3"
	return []settings.Setting{
		{Name: "tls-cert", Value: &t.cert, Help: "serve by TLS, with the certificate and its chain in this PEM `FILE`; it is read again when it changes"},
		{Name: "tls-key", Value: &t.key, Help: "PEM `FILE` with the key of --tls-cert"},
		{Name: "tls-min-version", Value: &t.minVersion, Help: "oldest `version` of TLS, 1.3 or 1.2"},
		{Name: "acme-domains", Value: &t.acmeDomains, Help: "serve by TLS, with certificates for these `names`, separated by commas, from an ACME authority whose terms you accept"},
		{Name: "acme-email", Value: &t.acmeEmail, Help: "`address` for mail from the ACME authority"},
		{Name: "acme-cache", Value: &t.acmeCache, Help: "`folder` for what comes from the ACME authority (default acme in tallow's state folder)"},
		{Name: "acme-directory", Value: &t.acmeDirectory, Help: "`URL` of the ACME authority (default Let's Encrypt)"},
		{Name: "acme-ca", Value: &t.acmeCA, Help: "PEM `FILE` with the root certificates for the ACME authority itself (default the system's)"},
		{Name: "redirect-listen", Value: &t.redirectListen, Help: "`address` that sends browsers from HTTP to HTTPS, such as :80"},
		{Name: "redirect-port", Value: &t.redirectPort, Help: "`port` that they are sent to (default the port of --listen)"},
	}
}

// on reports whether there is TLS.
func (t *tlsSettings) on() bool { return t.cert != "" || len(t.acmeDomains) > 0 }

// check rejects invalid values. place says where a setting was made.
func (t *tlsSettings) check(place func(string) string) error {
	hint := "See tallow relay --help."
	switch {
	case (t.cert == "") != (t.key == ""):
		return usage(hint, "--tls-cert and --tls-key belong together")
	case t.cert != "" && len(t.acmeDomains) > 0:
		return usage("Leave one of them out.", "the certificate is either in --tls-cert or for --acme-domains")
	case t.minVersion != "1.2" && t.minVersion != "1.3":
		return usage("It is 1.3 or 1.2.", "%s cannot be %q", place("tls-min-version"), t.minVersion)
	case t.redirectListen != "" && !t.on():
		return usage("Give it a certificate with --tls-cert and --tls-key, or --acme-domains.", "%s is for a relay with TLS", place("redirect-listen"))
	case t.redirectPort < 0 || t.redirectPort > 65535:
		return usage("It is 1 to 65535.", "%s cannot be %d", place("redirect-port"), t.redirectPort)
	}
	if _, _, err := net.SplitHostPort(t.redirectListen); err != nil && t.redirectListen != "" {
		return usage("Write it as HOST:PORT or :PORT.", "%s cannot be %q", place("redirect-listen"), t.redirectListen)
	}
	if u, err := url.Parse(t.acmeDirectory); t.acmeDirectory != "" && (err != nil || u.Scheme != "https" || u.Host == "") {
		return usage("It is an https URL.", "%s cannot be %q", place("acme-directory"), t.acmeDirectory)
	}
	return nil
}

// source opens the source of the certificates.
func (t *tlsSettings) source(stateDir string, log *slog.Logger) (certificate.Source, error) {
	if t.cert != "" {
		files, err := certificate.NewFiles(t.cert, t.key, log)
		if err != nil {
			return nil, &failure{
				kind: tallow.KindIO, message: "cannot use the certificate " + t.cert + " with the key " + t.key + ": " + err.Error(),
				hint: "--tls-cert is the certificate with its chain, --tls-key its key, both PEM.", err: err,
			}
		}
		return files, nil
	}
	roots, err := t.roots()
	if err != nil {
		return nil, err
	}
	cache := t.acmeCache
	if cache == "" && stateDir != "" {
		cache = filepath.Join(stateDir, "acme")
	}
	if cache == "" {
		return nil, usage("Name a folder that stays, or the authority's limits are soon reached.", "--acme-cache is needed here")
	}
	return certificate.NewACME(certificate.ACMEConfig{
		Domains: t.acmeDomains, Email: t.acmeEmail, Cache: cache, Directory: t.acmeDirectory, Roots: roots, Logger: log,
	}), nil
}

// roots reads --acme-ca; nil means the system's roots.
func (t *tlsSettings) roots() (*x509.CertPool, error) {
	if t.acmeCA == "" {
		return nil, nil
	}
	content, err := os.ReadFile(t.acmeCA)
	roots := x509.NewCertPool()
	switch {
	case err != nil:
		return nil, &failure{kind: tallow.KindIO, message: "cannot read " + t.acmeCA + ": " + cause(err), hint: "--acme-ca names it.", err: err}
	case !roots.AppendCertsFromPEM(content):
		return nil, usage("--acme-ca names a PEM file.", "there is no certificate in %s", t.acmeCA)
	}
	return roots, nil
}

// secure gives the relay TLS, and adds what has to run for it.
func (s *server) secure(run *services) error {
	source, err := s.tls.source(s.stateDir(), s.config.Logger)
	if err != nil {
		return err
	}
	s.config.TLS = certificate.ServerConfig(source, s.tls.minVersion == "1.2")
	run.add(func(ctx context.Context) error {
		source.Maintain(ctx)
		return nil
	})
	s.certificates = source
	s.config.Checks = append(s.config.Checks, relay.Check{Name: "certificate", Run: source.Check})
	return nil
}

// redirect binds the listener of plain HTTP and adds it to what runs. main is where the
// relay listens.
func (s *server) redirect(run *services, main net.Addr) error {
	listener, err := s.listenTCP(run.ctx, "redirect-listen", s.tls.redirectListen)
	if err != nil {
		return err
	}
	port := strconv.Itoa(s.tls.redirectPort)
	if s.tls.redirectPort == 0 {
		_, port, _ = net.SplitHostPort(main.String()) // the address of a socket
	}
	var handler http.Handler = httpserver.Redirect(port)
	if acme, ok := s.certificates.(*certificate.ACME); ok {
		handler = acme.HTTPHandler(handler)
	}
	s.config.Logger.Info("HTTP is sent to HTTPS", "addr", listener.Addr().String())
	run.add(func(ctx context.Context) error {
		return httpserver.Serve(ctx, listener, handler, httpserver.RedirectTimeout, s.config.Logger)
	})
	return nil
}

// listenTCP binds the address of a setting.
func (s *server) listenTCP(ctx context.Context, name, addr string) (net.Listener, error) {
	listener, err := relay.ListenTCP(ctx, addr)
	if err != nil {
		return nil, s.cannotListen(name, addr, err)
	}
	return listener, nil
}
