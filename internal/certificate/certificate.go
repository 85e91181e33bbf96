// Package certificate has the certificates of a TLS server: those in files, which
// are read again when they change (files.go), and those of an ACME authority such as
// Let's Encrypt (acme.go). Start with Source.
package certificate

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"time"
)

// Source gives a server its certificates.
type Source interface {
	// GetCertificate is that of a tls.Config.
	GetCertificate(*tls.ClientHelloInfo) (*tls.Certificate, error)
	// Protocols are those that the source needs in a tls.Config beside the server's.
	Protocols() []string
	// Maintain keeps the certificates valid until ctx ends.
	Maintain(ctx context.Context)
	// Check returns why there is no valid certificate now, or nil.
	Check() error
	// Expires returns when the first certificate expires; zero if there is none.
	Expires() time.Time
}

// ServerConfig returns the configuration of a server: TLS 1.3, or 1.2 as well if
// old is set, and a key exchange that a later quantum computer does not undo, for
// all clients that know one.
func ServerConfig(source Source, old bool) *tls.Config {
	config := &tls.Config{
		GetCertificate:   source.GetCertificate,
		NextProtos:       source.Protocols(),
		MinVersion:       tls.VersionTLS13,
		CurvePreferences: []tls.CurveID{tls.X25519MLKEM768, tls.X25519, tls.CurveP256, tls.CurveP384},
	}
	if old {
		config.MinVersion = tls.VersionTLS12
	}
	return config
}

var errNone = errors.New("there is no certificate yet")

// checkTime returns an error if a certificate is not valid now.
func checkTime(c *tls.Certificate) error {
	now := time.Now()
	switch {
	case c == nil:
		return errNone
	case now.Before(c.Leaf.NotBefore):
		return fmt.Errorf("the certificate is not valid before %s", c.Leaf.NotBefore.UTC().Format(time.RFC3339))
	case now.After(c.Leaf.NotAfter):
		return fmt.Errorf("the certificate has expired on %s", c.Leaf.NotAfter.UTC().Format(time.RFC3339))
	}
	return nil
}
