package congestion_test

import (
	"net"
	"testing"

	"github.com/tallow-transfer/tallow/internal/congestion"
	"github.com/tallow-transfer/tallow/internal/congestion/congestiontest"
)

// Dialled and accepted connections have the algorithm, and only those that request
// it.
func TestControl(t *testing.T) {
	congestiontest.WhereItIsReno(t, congestion.Algorithm, func() {
		asking, err := (&net.ListenConfig{Control: congestion.Control}).Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer asking.Close()
		plain, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer plain.Close()
		for _, tt := range []struct {
			listener          net.Listener
			dialer            net.Dialer
			dialled, accepted string
		}{
			{asking, net.Dialer{Control: congestion.Control}, congestion.Algorithm, congestion.Algorithm},
			{asking, net.Dialer{}, "reno", congestion.Algorithm},
			{plain, net.Dialer{Control: congestion.Control}, congestion.Algorithm, "reno"},
		} {
			dialled, err := tt.dialer.DialContext(t.Context(), "tcp", tt.listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer dialled.Close()
			accepted, err := tt.listener.Accept()
			if err != nil {
				t.Fatal(err)
			}
			defer accepted.Close()
			if got := congestiontest.Of(t, dialled.(*net.TCPConn)); got != tt.dialled {
				t.Errorf("the connection that was dialled has %s, want %s", got, tt.dialled)
			}
			if got := congestiontest.Of(t, accepted.(*net.TCPConn)); got != tt.accepted {
				t.Errorf("the connection that was accepted has %s, want %s", got, tt.accepted)
			}
		}
	})
}

// Control leaves other sockets alone and returns no error for them.
func TestControlOfUDP(t *testing.T) {
	packets, err := (&net.ListenConfig{Control: congestion.Control}).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = packets.Close()
}
