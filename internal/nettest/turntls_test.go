//go:build linux

package nettest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tallow-transfer/tallow/internal/certificate/certificatetest"
)

// A data channel through a TURN server by TLS, where a network lets no UDP out: the
// relay's server, with the relay's certificate, and a coturn.
func TestSymmetricNATByTURNS(t *testing.T) {
	t.Run("relay", func(t *testing.T) {
		requireNetworks(t)
		t.Parallel()
		n := behindRouters(t, natSymmetric)
		cert, key := writePair(t, n.relay)
		byTURNS(t, n, cert, "wss", "--tls-cert", cert, "--tls-key", key, "--turn", "--turn-tcp", n.relay+":0")
	})
	t.Run("coturn", func(t *testing.T) {
		requireCoturn(t)
		t.Parallel()
		n := behindRouters(t, natSymmetric)
		n.middle.ip(t, "route add default via 203.0.113.2") // see TestCoturnsServer
		cert, key := writePair(t, n.relay)
		startCoturn(t, n.middle, n.relay, "--cert", cert, "--pkey", key)
		byTURNS(t, n, cert, "ws", "--turn-url", "turns:"+n.relay+":5349?transport=tcp", "--turn-secret", turnSecret)
	})
}

// writePair makes a certificate for an address, in files.
func writePair(t *testing.T, address string) (cert, key string) {
	t.Helper()
	pair, dir := certificatetest.New(t, address), t.TempDir()
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for path, text := range map[string][]byte{cert: pair.CertPEM, key: pair.KeyPEM} {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

// byTURNS transfers by webrtc alone, without UDP, between peers that trust a
// certificate.
func byTURNS(t *testing.T, n network, cert, scheme string, relay ...string) {
	t.Helper()
	const size = 4<<20 + 123
	n.dropUDP(t)
	file, to := randomFile(t, size), t.TempDir()
	url := strings.Replace(n.startRelay(t, relay...), "ws://", scheme+"://", 1)
	trusting := []string{"env", "SSL_CERT_FILE=" + cert}
	x := exchange{sender: start(t, n.left, trusting, "send", file, "--relay", url, "--lanes", "webrtc")}
	code := x.sender.first(t, "code").Code
	x.receiver = start(t, n.right, trusting, "receive", "--yes", "--output", to, code, "--relay", url, "--lanes", "webrtc")
	x.carriedBy(t, "webrtc", size)
	same(t, file, filepath.Join(to, filepath.Base(file)))
}
