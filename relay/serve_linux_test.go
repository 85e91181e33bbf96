package relay

import (
	"net"
	"testing"

	"github.com/tallow-transfer/tallow/internal/congestion"
	"github.com/tallow-transfer/tallow/internal/congestion/congestiontest"
)

// What peers make of connections to the relay has the congestion control that it
// asks for.
func TestListenAsksForCongestionControl(t *testing.T) {
	congestiontest.WhereItIsReno(t, congestion.Algorithm, func() {
		listener, packets, err := Listen(t.Context(), "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer packets.Close()
		defer listener.Close()
		peer, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer peer.Close()
		accepted, err := listener.Accept()
		if err != nil {
			t.Fatal(err)
		}
		defer accepted.Close()
		if got := congestiontest.Of(t, accepted.(*net.TCPConn)); got != congestion.Algorithm {
			t.Errorf("a peer's connection has %s", got)
		}
	})
}
