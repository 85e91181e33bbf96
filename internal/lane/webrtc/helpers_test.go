package webrtc_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/tallow-transfer/tallow/internal/lane/lanetest"
	"github.com/tallow-transfer/tallow/internal/lane/webrtc"
	"github.com/tallow-transfer/tallow/internal/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// mailbox carries signals to the dial at its other end.
type mailbox chan wire.Signal

func newMailbox() mailbox { return make(mailbox, 300) }

func (m mailbox) send(ctx context.Context, kind wire.SignalKind, body string) error {
	if len(body) > wire.MaxSignal {
		return fmt.Errorf("a signal of %d bytes does not fit", len(body))
	}
	select {
	case m <- wire.Signal{Kind: kind, Body: body}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// dialed is the result of a dial.
type dialed struct {
	carrier *webrtc.Conn
	err     error
}

func dial(ctx context.Context, o webrtc.Options) <-chan dialed {
	result := make(chan dialed, 1)
	go func() {
		c, err := webrtc.Dial(ctx, o)
		result <- dialed{c, err}
	}()
	return result
}

// dialFails waits for a dial to fail, and returns its error.
func dialFails(t *testing.T, result <-chan dialed) error {
	t.Helper()
	select {
	case d := <-result:
		if d.err == nil {
			_ = d.carrier.Close()
			t.Fatal("it connected")
		}
		return d.err
	case <-time.After(lanetest.Timeout):
		t.Fatal("the dial does not end")
		return nil
	}
}
