package lan_test

import (
	"log/slog"
	"net"
	"testing"

	"github.com/tallow-transfer/tallow/internal/lan"
	"github.com/tallow-transfer/tallow/internal/rendezvous"
)

// A relay in this process needs no UDP socket, which some systems refuse, and
// names no STUN service.
func TestServeNeedsNoUDP(t *testing.T) {
	r, err := lan.Network{Version: "test", Logger: slog.New(slog.DiscardHandler)}.Serve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	_, port, err := net.SplitHostPort(r.Endpoint().String())
	if err != nil {
		t.Fatal(err)
	}
	free, err := net.ListenPacket("udp", ":"+port)
	if err != nil {
		t.Errorf("it has the UDP port of its number: %v", err)
	} else {
		_ = free.Close()
	}
	room, err := rendezvous.New(r.Endpoint(), rendezvous.Options{}).Open(t.Context(), rendezvous.OpenRequest{})
	if err != nil {
		t.Fatal(err)
	}
	defer room.Close()
	if room.STUN() != "" {
		t.Errorf("its STUN service is at %s", room.STUN())
	}
}
