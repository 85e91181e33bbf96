package certificate

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"
)

const (
	// acmeTimeout bounds one request to the authority.
	acmeTimeout = 30 * time.Second
	// acmeRetry is how long after a failure the next attempt is made, and
	// acmeRetryLimit after many: authorities have limits.
	acmeRetry      = time.Minute
	acmeRetryLimit = time.Hour
	// acmeInterval is how often valid certificates are looked at. autocert renews
	// them by itself.
	acmeInterval = time.Hour
)

// ACMEConfig says which certificates are asked for, and where.
type ACMEConfig struct {
	Domains   []string       // that the certificates are for
	Email     string         // for the authority's messages; may be empty
	Cache     string         // the folder with the certificates and the account's key
	Directory string         // URL of the authority; empty: Let's Encrypt
	Roots     *x509.CertPool // that the authority's own certificate has to be from; nil: the system's
	Logger    *slog.Logger
}

// ACME gets certificates from an authority when they are needed and before they
// expire. It proves that it has the domains on the TLS port itself, or by HTTPHandler
// on port 80.
type ACME struct {
	domains []string
	manager *autocert.Manager
	log     *slog.Logger

	mu      sync.Mutex
	current map[string]*tls.Certificate // by domain
	failed  map[string]error
}

// NewACME makes an ACME, and accepts the authority's terms.
func NewACME(c ACMEConfig) *ACME {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = &tls.Config{RootCAs: c.Roots}
	return &ACME{
		domains: c.Domains, log: c.Logger,
		current: make(map[string]*tls.Certificate), failed: make(map[string]error),
		manager: &autocert.Manager{
			Prompt:     autocert.AcceptTOS,
			Cache:      autocert.DirCache(c.Cache),
			HostPolicy: autocert.HostWhitelist(c.Domains...),
			Email:      c.Email,
			Client: &acme.Client{
				DirectoryURL: c.Directory,
				HTTPClient:   &http.Client{Transport: transport, Timeout: acmeTimeout},
				UserAgent:    "tallow",
			},
		},
	}
}

// GetCertificate implements Source. A client that names no server gets the first
// domain's certificate.
func (a *ACME) GetCertificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	if hello.ServerName == "" {
		named := *hello
		named.ServerName = a.domains[0]
		hello = &named
	}
	return a.manager.GetCertificate(hello)
}

// Protocols implements Source.
func (a *ACME) Protocols() []string { return []string{acme.ALPNProto} }

// HTTPHandler answers the authority's requests on port 80, and passes all others on.
func (a *ACME) HTTPHandler(rest http.Handler) http.Handler { return a.manager.HTTPHandler(rest) }

// Maintain implements Source: it gets each certificate before a client asks for it.
func (a *ACME) Maintain(ctx context.Context) {
	var wait sync.WaitGroup
	for _, domain := range a.domains {
		wait.Go(func() { a.maintain(ctx, domain) })
	}
	wait.Wait()
}

func (a *ACME) maintain(ctx context.Context, domain string) {
	retry := acmeRetry
	for {
		next := acmeInterval
		if err := a.obtain(ctx, domain); err != nil && ctx.Err() == nil {
			a.log.Error("no certificate from the authority", "error", err, "retry", retry.String())
			next, retry = retry, min(2*retry, acmeRetryLimit)
		} else {
			retry = acmeRetry
		}
		timer := time.NewTimer(next)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
	}
}

// obtain gets the certificate of a domain, as a client of today would.
func (a *ACME) obtain(ctx context.Context, domain string) error {
	type result struct {
		cert *tls.Certificate
		err  error
	}
	done := make(chan result, 1)
	go func() { // autocert has no context; it gives up after five minutes
		cert, err := a.manager.GetCertificate(&tls.ClientHelloInfo{
			ServerName:   domain,
			CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256},
		})
		done <- result{cert, err}
	}()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case r := <-done:
		a.mu.Lock()
		defer a.mu.Unlock()
		a.failed[domain] = r.err
		if r.err != nil {
			return r.err
		}
		if a.current[domain] == nil || !slices.Equal(a.current[domain].Certificate[0], r.cert.Certificate[0]) {
			a.log.Info("there is a certificate from the authority", "expires", r.cert.Leaf.NotAfter.UTC())
		}
		a.current[domain] = r.cert
		return nil
	}
}

// Expires implements Source.
func (a *ACME) Expires() time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	var first time.Time
	for _, domain := range a.domains {
		cert := a.current[domain]
		if cert == nil {
			return time.Time{}
		}
		if first.IsZero() || cert.Leaf.NotAfter.Before(first) {
			first = cert.Leaf.NotAfter
		}
	}
	return first
}

// Check implements Source.
func (a *ACME) Check() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, domain := range a.domains {
		err := checkTime(a.current[domain])
		if errors.Is(err, errNone) && a.failed[domain] != nil {
			err = a.failed[domain]
		}
		if err != nil {
			return fmt.Errorf("%s: %w", domain, err)
		}
	}
	return nil
}
