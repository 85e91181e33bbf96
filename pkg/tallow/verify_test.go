package tallow_test

import (
	"context"
	"testing"

	"github.com/tallow-transfer/tallow/pkg/tallow"
	"github.com/tallow-transfer/tallow/relay"
)

// Both people see the words at the same time, and either may say that they differ
// while the other still compares.
func TestBothCompareAtOnce(t *testing.T) {
	for name, receiverAgrees := range map[string]bool{"they agree": true, "the receiver does not": false} {
		t.Run(name, func(t *testing.T) {
			client := newClient(t, tallow.Config{Relay: startRelay(t, relay.Config{}), Lanes: []tallow.Lane{tallow.LaneRelay}})
			asked := make(chan struct{}) // closed once the receiver is asked
			sent, received := transfer(t, client, client,
				tallow.SendOptions{Text: "hello", Verify: func(ctx context.Context, _ []string) (bool, error) {
					select {
					case <-asked:
					case <-ctx.Done():
						return false, context.Cause(ctx)
					}
					if !receiverAgrees {
						<-ctx.Done() // the sender's person never answers
						return false, context.Cause(ctx)
					}
					return true, nil
				}},
				tallow.ReceiveOptions{Verify: func(context.Context, []string) (bool, error) {
					close(asked)
					return receiverAgrees, nil
				}})
			if receiverAgrees {
				if sent.err != nil || received.err != nil || received.result.Text != "hello" {
					t.Errorf("the sender: %v; the receiver: %v", sent.err, received.err)
				}
				return
			}
			here, _ := received.err.(*tallow.Error)
			there, _ := sent.err.(*tallow.Error)
			if here == nil || here.Reason != tallow.ReasonVerifyDiffers || there == nil || there.Reason != tallow.ReasonVerifyDiffersAtPeer {
				t.Errorf("the sender: %v; the receiver: %v", sent.err, received.err)
			}
		})
	}
}
