package tallow_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/internal/nearby"
	"github.com/tallow-transfer/tallow/internal/relaytest"
	"github.com/tallow-transfer/tallow/pkg/tallow"
	"github.com/tallow-transfer/tallow/relay"
)

// waits collects what a transfer waits for.
func waits(into *[]tallow.WaitReason) func(tallow.Event) {
	return func(e tallow.Event) {
		if w, ok := e.(tallow.WaitEvent); ok {
			*into = append(*into, w.Reason)
		}
	}
}

// A sender may be unknown on this network or at the relay, or known but
// unreachable: three reasons.
func TestWhyTheSenderIsNotFound(t *testing.T) {
	number := func() string { return fmt.Sprint(100_000_000 + rand.IntN(900_000_000)) }
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = closed.Close()
	announced := number()
	a, err := nearby.Announce(t.Context(), announced, closed.Addr().(*net.TCPAddr).Port)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	url := startRelay(t, relay.Config{})
	for _, tt := range []struct {
		name, relay, nameplate string
		reason                 tallow.Reason
		waits                  []tallow.WaitReason
	}{
		{"nobody here", "", number(), tallow.ReasonSenderNotFound, []tallow.WaitReason{tallow.WaitLooking}},
		{"here, not to be reached", "", announced, tallow.ReasonSenderSilent, []tallow.WaitReason{tallow.WaitLooking, tallow.WaitUnreachable}},
		{"nobody at the relay", url, number(), tallow.ReasonCodeUnknown, []tallow.WaitReason{tallow.WaitNobody, tallow.WaitLooking}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var seen []tallow.WaitReason
			_, err := newClient(t, tallow.Config{Relay: tt.relay}).Receive(t.Context(), tallow.ReceiveOptions{
				Code: tt.nameplate + "-apple-walrus-kayak", PeerTimeout: 2 * time.Second, OnEvent: waits(&seen),
			})
			var e *tallow.Error
			if !errors.As(err, &e) || e.Reason != tt.reason {
				t.Errorf("%v, want %s", err, tt.reason)
			}
			if !slices.Equal(seen, tt.waits) {
				t.Errorf("events %v, want %v", seen, tt.waits)
			}
		})
	}
}

// After a restart of the relay another sender has the nameplate: there is another
// CodeEvent, and the new code works.
func TestCodeChangesWithTheRelay(t *testing.T) {
	relays := relaytest.Start(t, relay.Config{})
	client := newClient(t, tallow.Config{Relay: relays.URL})
	ctx, cancel := context.WithTimeout(t.Context(), testTimeout)
	defer cancel()
	codes := make(chan tallow.CodeEvent, 2)
	var sending sync.WaitGroup
	defer sending.Wait()
	sending.Go(func() {
		_, err := client.Send(ctx, tallow.SendOptions{Text: "hello", OnEvent: func(e tallow.Event) {
			if c, ok := e.(tallow.CodeEvent); ok {
				codes <- c
			}
		}})
		if err != nil {
			t.Errorf("the sender: %v", err)
		}
	})
	first := <-codes
	relays.Restart(t, true, first.Nameplate)
	second := <-codes
	if second.Nameplate == first.Nameplate || second.Code == first.Code || second.Relay != first.Relay {
		t.Errorf("%+v after %+v", second, first)
	}
	r, err := client.Receive(ctx, tallow.ReceiveOptions{Code: second.Code})
	if err != nil || r.Text != "hello" {
		t.Errorf("%q, %v", r.Text, err)
	}
}
