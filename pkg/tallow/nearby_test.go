package tallow_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/tallow-transfer/tallow/pkg/tallow"
)

// Of two senders with the same number the receiver tries neither, although it
// sits down at the first that it hears of: no code is burnt, and when one of
// them has gone the other is found.
func TestTwoNearbySendersOfOneNumber(t *testing.T) {
	client := newClient(t, tallow.Config{})
	code := fmt.Sprintf("%d-acid-acorn-acre", 100_000_000+rand.IntN(900_000_000))
	ctx, cancel := context.WithTimeout(t.Context(), patience)
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
			t.Errorf("the sender that stayed: %v", err)
		}
	})
	send(leaving, "the other", func(error) { close(gone) })

	_, err := client.Receive(ctx, tallow.ReceiveOptions{Code: code})
	if kindOf(t, err) != tallow.KindCode || err.(*tallow.Error).Reason != tallow.ReasonTwoSenders {
		t.Fatalf("with two of them: %v", err)
	}
	leave()
	<-gone
	r, err := client.Receive(ctx, tallow.ReceiveOptions{Code: code})
	if err != nil || r.Text != "the one" {
		t.Errorf("with one of them: %q, %v", r.Text, err)
	}
}
