package tallow_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/tallow-transfer/tallow/pkg/tallow"
)

// If two senders on the network have the same nameplate, the receiver tries
// neither, although it has joined the room of the first: no code is burnt. When
// one of them is gone, the other is found.
func TestTwoNearbySendersOfOneNameplate(t *testing.T) {
	client := newClient(t, tallow.Config{})
	code := fmt.Sprintf("%d-acid-acorn-acre", 100_000_000+rand.IntN(900_000_000))
	ctx, cancel := context.WithTimeout(t.Context(), testTimeout)
	defer cancel()
	var senders sync.WaitGroup
	defer senders.Wait()
	send := func(ctx context.Context, text string, ended func(error)) {
		ready := make(chan struct{})
		senders.Go(func() {
			_, err := client.Send(ctx, tallow.SendOptions{Text: text, Code: code, OnEvent: func(e tallow.Event) {
				if _, ok := e.(tallow.CodeEvent); ok {
					close(ready)
				}
			}})
			ended(err)
		})
		<-ready
	}
	leaving, leave := context.WithCancel(ctx)
	defer leave()
	gone := make(chan struct{})
	send(ctx, "the one", func(err error) {
		if err != nil {
			t.Errorf("the remaining sender: %v", err)
		}
	})
	send(leaving, "the other", func(error) { close(gone) })

	_, err := client.Receive(ctx, tallow.ReceiveOptions{Code: code})
	if kindOf(t, err) != tallow.KindCode || err.(*tallow.Error).Reason != tallow.ReasonTwoSenders {
		t.Fatalf("with two senders: %v", err)
	}
	leave()
	<-gone
	r, err := client.Receive(ctx, tallow.ReceiveOptions{Code: code})
	if err != nil || r.Text != "the one" {
		t.Errorf("with one sender: %q, %v", r.Text, err)
	}
}
