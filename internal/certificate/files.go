package certificate

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync/atomic"
	"time"
)

// reloadInterval is how often files are looked at.
const reloadInterval = 10 * time.Second

// Files is a certificate with its key in two PEM files. Both are opened by their
// names each time, so it does not matter whether they are written anew, renamed, or
// reached by a symlink that changes.
type Files struct {
	cert, key string
	log       *slog.Logger
	current   atomic.Pointer[tls.Certificate]

	seen [sha256.Size]byte // of what the files had in them last; used by Maintain alone
}

// NewFiles reads a certificate with its chain, and its key.
func NewFiles(cert, key string, log *slog.Logger) (*Files, error) {
	f := &Files{cert: cert, key: key, log: log}
	pair, err := f.load()
	if err != nil {
		return nil, err
	}
	f.current.Store(pair)
	if err := checkTime(pair); err != nil {
		log.Warn("the certificate is not valid", "error", err)
	}
	return f, nil
}

// GetCertificate implements Source.
func (f *Files) GetCertificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	return f.current.Load(), nil
}

// Protocols implements Source.
func (f *Files) Protocols() []string { return nil }

// Check implements Source.
func (f *Files) Check() error { return checkTime(f.current.Load()) }

// Expires implements Source.
func (f *Files) Expires() time.Time { return f.current.Load().Leaf.NotAfter }

// Maintain implements Source: it reads the files again when they have changed.
func (f *Files) Maintain(ctx context.Context) {
	ticker := time.NewTicker(reloadInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			f.reload()
		}
	}
}

// reload takes a changed pair if it is any better than the current one. Each content
// of the files is logged once.
func (f *Files) reload() {
	before := f.seen
	pair, err := f.load()
	if f.seen == before {
		return
	}
	if err == nil {
		if err = checkTime(pair); err != nil && f.Check() != nil {
			err = nil // neither is valid now
		}
	}
	if err != nil {
		f.log.Error("the new certificate is not used, the old one stays", "error", err)
		return
	}
	f.current.Store(pair)
	f.log.Info("the certificate was read again", "expires", pair.Leaf.NotAfter.UTC())
}

// load reads the files, and notes what they have in them.
func (f *Files) load() (*tls.Certificate, error) {
	cert, certErr := os.ReadFile(f.cert)
	key, keyErr := os.ReadFile(f.key)
	f.seen = sha256.Sum256(bytes.Join([][]byte{cert, key, fmt.Append(nil, certErr, keyErr)}, []byte{0}))
	if certErr != nil {
		return nil, certErr
	}
	if keyErr != nil {
		return nil, keyErr
	}
	pair, err := tls.X509KeyPair(cert, key) // which parses the leaf
	if err != nil {
		return nil, err
	}
	return &pair, nil
}
