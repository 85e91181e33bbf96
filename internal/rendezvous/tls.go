//go:build !js

package rendezvous

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"slices"
)

func pinOf(cert *x509.Certificate) Pin { return sha256.Sum256(cert.RawSubjectPublicKeyInfo) }

// checkPins returns a *PinError unless the first of a server's certificates has one
// of the pins.
func checkPins(relay string, pins []Pin, certs []*x509.Certificate) error {
	if len(certs) == 0 {
		return &PinError{Relay: relay}
	}
	seen := pinOf(certs[0])
	if !slices.Contains(pins, seen) {
		return &PinError{Relay: relay, Seen: seen.String()}
	}
	return nil
}

// isTLS reports whether an error comes from TLS itself, not the network under it.
func isTLS(err error) bool {
	var (
		certs  *tls.CertificateVerificationError
		alert  tls.AlertError
		host   x509.HostnameError
		issuer x509.UnknownAuthorityError
	)
	return isPlain(err) || errors.As(err, &certs) || errors.As(err, &alert) || errors.As(err, &host) || errors.As(err, &issuer)
}

// isPlain reports whether an error comes of a server that does not speak TLS.
func isPlain(err error) bool {
	var header tls.RecordHeaderError
	return errors.As(err, &header) || errors.Is(err, http.ErrSchemeMismatch)
}

// certificateCause returns what is wrong with a certificate, or "".
func certificateCause(err error) string {
	var certs *tls.CertificateVerificationError
	if errors.As(err, &certs) {
		return certs.Err.Error()
	}
	return ""
}
