package relay

import (
	"crypto/ed25519"
	"crypto/hkdf"
	crand "crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"math/big"
	"time"
)

// Nodes talk to each other by TLS 1.3 alone. The secret that they share gives them
// one key, and each end has to prove that it has it, by a certificate with that
// key. TLS does the rest: nothing can be replayed, read or changed on the way.
type nodeLinks struct {
	server, client *tls.Config
}

// nodeKeyInfo separates the nodes' key from any other use of the secret.
const nodeKeyInfo = "tallow relay node key 1"

var errWrongNode = errors.New("the other end does not know the secret of the nodes")

func newNodeLinks(secret string) (nodeLinks, error) {
	seed, err := hkdf.Key(sha256.New, []byte(secret), nil, nodeKeyInfo, ed25519.SeedSize)
	if err != nil {
		return nodeLinks{}, err
	}
	key := ed25519.NewKeyFromSeed(seed)
	public := key.Public().(ed25519.PublicKey) // that is what it is, by crypto/ed25519
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Unix(0, 0), NotAfter: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)}
	certificate, err := x509.CreateCertificate(crand.Reader, template, template, public, key)
	if err != nil {
		return nodeLinks{}, err
	}
	base := &tls.Config{
		Certificates: []tls.Certificate{{Certificate: [][]byte{certificate}, PrivateKey: key}},
		MinVersion:   tls.VersionTLS13,
		// Resumption would save time, but the key would then not be proved again.
		SessionTicketsDisabled: true,
		VerifyConnection: func(state tls.ConnectionState) error {
			if len(state.PeerCertificates) == 0 || !public.Equal(state.PeerCertificates[0].PublicKey) {
				return errWrongNode
			}
			return nil
		},
	}
	links := nodeLinks{server: base.Clone(), client: base.Clone()}
	links.server.ClientAuth = tls.RequireAnyClientCert
	links.server.NextProtos = []string{"http/1.1"}
	// VerifyConnection does it: there are no names and no authority.
	links.client.InsecureSkipVerify = true
	return links, nil
}
