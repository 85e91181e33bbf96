package lane_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tallow-transfer/tallow/internal/lane"
	"github.com/tallow-transfer/tallow/internal/rendezvous"
	"github.com/tallow-transfer/tallow/internal/session"
	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/relay"
)

func relayedPair(t *testing.T) (a, b session.Carrier) {
	a, b, _ = relayedPairAt(t)
	return a, b
}

// relayedPairAt is two ends of a carrier and the real relay between them.
func relayedPairAt(t *testing.T) (a, b session.Carrier, r *relay.Relay) {
	t.Helper()
	r, err := relay.New(relay.Config{})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(r)
	t.Cleanup(func() {
		_ = r.Close()
		server.Close()
	})
	at, err := rendezvous.ParseRelay(strings.TrimPrefix(server.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	client := rendezvous.New(at, "test")
	sender, err := client.Open(t.Context(), rendezvous.OpenRequest{})
	if err != nil {
		t.Fatal(err)
	}
	a = lane.NewRelayed(t.Context(), sender)
	t.Cleanup(func() { _ = a.Close() })
	receiver, err := client.Join(t.Context(), sender.Nameplate())
	if err != nil {
		t.Fatal(err)
	}
	b = lane.NewRelayed(t.Context(), receiver)
	t.Cleanup(func() { _ = b.Close() })
	return a, b, r
}

// A relay that shuts down is no orderly end of the peer's.
func TestRelayThatShutsDown(t *testing.T) {
	a, b, r := relayedPairAt(t)
	var reads []chan error
	for _, end := range []session.Carrier{a, b} {
		ended := make(chan error, 1)
		go func() {
			_, err := end.ReadRecord(make([]byte, wire.ReadBuffer))
			ended <- err
		}()
		reads = append(reads, ended)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := r.Shutdown(ctx); err != nil {
		t.Fatal(err)
	}
	for _, ended := range reads {
		var closing *rendezvous.RelayError
		if err := within(ended); !errors.As(err, &closing) || closing.Code != wire.RoomClosing {
			t.Errorf("read: %v", err)
		}
	}
}
