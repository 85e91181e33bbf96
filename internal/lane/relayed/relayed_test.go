package relayed_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/tallow-transfer/tallow/internal/lane"
	"github.com/tallow-transfer/tallow/internal/lane/lanetest"
	"github.com/tallow-transfer/tallow/internal/lane/relayed"
	"github.com/tallow-transfer/tallow/internal/rendezvous"
	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/relay"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestCarrier(t *testing.T) {
	lanetest.Run(t, func(t *testing.T) (a, b lane.Carrier) {
		a, b, _ = connect(t)
		return a, b
	})
}

// connect makes two ends of a carrier with a real relay between them.
func connect(t *testing.T) (a, b lane.Carrier, r *relay.Relay) {
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
	client := rendezvous.New(at, rendezvous.Options{Version: "test"})
	sender, err := client.Open(t.Context(), rendezvous.OpenRequest{})
	if err != nil {
		t.Fatal(err)
	}
	a = relayed.New(t.Context(), sender)
	t.Cleanup(func() { _ = a.Close() })
	receiver, err := client.Join(t.Context(), sender.Nameplate())
	if err != nil {
		t.Fatal(err)
	}
	b = relayed.New(t.Context(), receiver)
	t.Cleanup(func() { _ = b.Close() })
	return a, b, r
}

// A relay that shuts down is not taken for a peer that closed its end.
func TestRelayThatShutsDown(t *testing.T) {
	a, b, r := connect(t)
	var reads []chan error
	for _, end := range []lane.Carrier{a, b} {
		ended := make(chan error, 1)
		go func() {
			_, err := end.ReadRecord(make([]byte, wire.ReadBuffer))
			ended <- err
		}()
		reads = append(reads, ended)
	}
	ctx, cancel := context.WithTimeout(t.Context(), lanetest.Timeout)
	defer cancel()
	if err := r.Shutdown(ctx); err != nil {
		t.Fatal(err)
	}
	for _, ended := range reads {
		var closing *rendezvous.RelayError
		if err := lanetest.Within(ended); !errors.As(err, &closing) || closing.Code != wire.RoomClosing {
			t.Errorf("read: %v", err)
		}
	}
}
