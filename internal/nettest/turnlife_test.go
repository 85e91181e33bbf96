//go:build linux

package nettest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	// credentialLife is that of the relay's credentials, in seconds.
	credentialLife = 2
	// lifeSize bytes take at least lifeSeconds at lifeRate.
	lifeSize    = 16 << 20
	lifeRate    = "1M"
	lifeSeconds = lifeSize / 1e6
)

// A transfer goes on for longer than the credential lives with which its path through
// a TURN server was made: with the relay's server, and with a coturn, where the
// allocation has to be refreshed every few seconds.
func TestTransferOutlivesTheCredential(t *testing.T) {
	t.Run("relay", func(t *testing.T) {
		requireNetworks(t)
		t.Parallel()
		n := behindRouters(t, natSymmetric)
		outlives(t, n, n.startRelay(t, "--turn", "--turn-ttl", "2s"))
	})
	t.Run("coturn", func(t *testing.T) {
		requireCoturn(t)
		t.Parallel()
		n := behindRouters(t, natSymmetric)
		n.middle.ip(t, "route add default via 203.0.113.2") // see TestCoturnsServer
		log := startCoturn(t, n.middle, n.relay, "--no-tls", "--verbose", "--max-allocate-lifetime", "4")
		outlives(t, n, n.startRelay(t, "--turn-url", "turn:"+n.relay+":3478?transport=udp", "--turn-secret", turnSecret, "--turn-ttl", "2s"))
		text, err := os.ReadFile(log)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Count(string(text), ": refreshed, "); got < 2 {
			t.Errorf("allocations were refreshed %d times:\n%s", got, text)
		}
	})
}

// outlives transfers for several lives of a credential, by one lane that stays up.
func outlives(t *testing.T, n network, relay string) {
	t.Helper()
	file, to := randomFile(t, lifeSize), t.TempDir()
	x := n.send(t, file, to, "--relay", relay, "--lanes", "webrtc", "--limit-rate", lifeRate)
	x.carriedBy(t, "webrtc", lifeSize)
	same(t, file, filepath.Join(to, filepath.Base(file)))
	_, received := x.succeed(t)
	if received.Seconds < lifeSeconds/2 || lifeSeconds/2 < 3*credentialLife {
		t.Errorf("it took %.1f s", received.Seconds)
	}
	for _, side := range []*command{x.sender, x.receiver} {
		lost := side.matching(func(e event) bool { return e.Event == "state" && e.State == "connecting" })
		if lost > 1 { // the first is before there is any lane
			t.Errorf("%s: the connection was lost %d times", side.name, lost-1)
		}
	}
}
