package boxclient_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/tallow-transfer/tallow/internal/boxclient"
	"github.com/tallow-transfer/tallow/internal/relaytest"
	"github.com/tallow-transfer/tallow/internal/rendezvous"
	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/relay"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// newClient returns a client of the relay at an address.
func newClient(t *testing.T, address, password string, o boxclient.Options) *boxclient.Client {
	t.Helper()
	e, err := rendezvous.ParseRelay(address)
	if err != nil {
		t.Fatal(err)
	}
	c := boxclient.New(rendezvous.New(e, rendezvous.Options{Version: "test", Password: password}), o)
	t.Cleanup(c.Close)
	return c
}

// startRelay runs a relay, and returns a client of it.
func startRelay(t *testing.T, config relay.Config) (*relaytest.Relay, *boxclient.Client) {
	t.Helper()
	r := relaytest.Start(t, config)
	return r, newClient(t, r.URL, "", boxclient.Options{})
}

// message returns a message that is like no other.
func message(n byte) []byte {
	m := bytes.Repeat([]byte{n}, boxclient.MessageSize)
	m[1] = ^n
	return m
}

// put puts a message, and fails the test if that cannot be.
func put(t *testing.T, c *boxclient.Client, s boxclient.Slot, m []byte) {
	t.Helper()
	if err := c.Put(t.Context(), s, m); err != nil {
		t.Fatal(err)
	}
}

// wants fails the test unless the messages are those of some slots, each with its number.
func wants(t *testing.T, got []boxclient.Message, err error, slots ...boxclient.Slot) {
	t.Helper()
	if err != nil || len(got) != len(slots) {
		t.Fatalf("%d messages, %v; want %d", len(got), err, len(slots))
	}
	for i, s := range slots {
		if got[i].Slot != s || !bytes.Equal(got[i].Body, message(s[0])) {
			t.Errorf("message %d is of slot %x: %x...", i, got[i].Slot, got[i].Body[:4])
		}
	}
}

// Messages go into the mailbox of the real relay, out of it and away.
func TestPutWatchDelete(t *testing.T) {
	_, c := startRelay(t, relay.Config{})
	ctx := t.Context()
	one, two, three := boxclient.Slot{1}, boxclient.Slot{2}, boxclient.Slot{3}
	put(t, c, one, message(1))
	put(t, c, two, message(2))
	got, err := c.Watch(ctx, []boxclient.Slot{three, two, one})
	wants(t, got, err, two, one)

	put(t, c, one, message(1)) // again
	if err := c.Put(ctx, one, message(9)); !boxclient.Refused(err, boxclient.Taken) {
		t.Errorf("another message into the slot: %v", err)
	}
	if err := c.Delete(ctx, one, three); err != nil {
		t.Fatal(err)
	}
	got, err = c.Watch(ctx, []boxclient.Slot{one, two})
	wants(t, got, err, two)
}

// Whoever watches hears of a message as soon as it is put.
func TestWatchWaits(t *testing.T) {
	r, c := startRelay(t, relay.Config{})
	other := newClient(t, r.URL, "", boxclient.Options{})
	type result struct {
		messages []boxclient.Message
		err      error
	}
	results := make(chan result, 1)
	slot := boxclient.Slot{7}
	go func() {
		m, err := c.Watch(t.Context(), []boxclient.Slot{{8}, slot})
		results <- result{m, err}
	}()
	select {
	case got := <-results:
		t.Fatalf("%+v before there was a message", got)
	case <-time.After(100 * time.Millisecond):
	}
	put(t, other, slot, message(7))
	got := <-results
	wants(t, got.messages, got.err, slot)
}

// A watch ends with its context, with the cause of that.
func TestWatchIsCancelled(t *testing.T) {
	_, c := startRelay(t, relay.Config{})
	cause := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := time.AfterFunc(50*time.Millisecond, func() { cancel(cause) })
	defer stop.Stop()
	if _, err := c.Watch(ctx, []boxclient.Slot{{1}}); !errors.Is(err, cause) {
		t.Errorf("the error is %v", err)
	}
}

// The relay's password is asked for, as it is for rooms.
func TestPassword(t *testing.T) {
	r := relaytest.Start(t, relay.Config{Access: relay.Access{Password: "sesame"}})
	slot := boxclient.Slot{1}
	right := newClient(t, r.URL, "sesame", boxclient.Options{})
	put(t, right, slot, message(1))
	got, err := right.Watch(t.Context(), []boxclient.Slot{slot})
	wants(t, got, err, slot)
	for _, password := range []string{"", "wrong"} {
		wrong := newClient(t, r.URL, password, boxclient.Options{})
		_, err := wrong.Watch(t.Context(), []boxclient.Slot{slot})
		for what, err := range map[string]error{"put": wrong.Put(t.Context(), slot, message(1)), "watch": err, "delete": wrong.Delete(t.Context(), slot)} {
			var refused *rendezvous.RelayError
			if !errors.As(err, &refused) || refused.Code != wire.RoomPassword {
				t.Errorf("%s with the password %q: %v", what, password, err)
			}
		}
	}
	got, err = right.Watch(t.Context(), []boxclient.Slot{slot})
	wants(t, got, err, slot)
}

// A relay without a mailbox is known as that.
func TestNoBox(t *testing.T) {
	_, c := startRelay(t, relay.Config{Mailbox: relay.MailboxConfig{Off: true}})
	_, err := c.Watch(t.Context(), []boxclient.Slot{{1}})
	var none *boxclient.NoBoxError
	if !errors.As(err, &none) {
		t.Errorf("the error is %v", err)
	}
}

// A relay that answers with what it cannot have does not get far.
func TestHostileRelay(t *testing.T) {
	slot := wire.BoxSlot{1}
	good := wire.BoxMessage{Slot: slot, Message: message(1)}
	many := make([]wire.BoxMessage, 65)
	slots := make([]boxclient.Slot, len(many))
	for i := range many {
		many[i] = wire.BoxMessage{Slot: wire.BoxSlot{byte(i)}, Message: message(1)}
		slots[i] = boxclient.Slot{byte(i)}
	}
	for name, body := range map[string][]byte{
		"a slot that nobody asked for":     wire.BoxMessages{Messages: []wire.BoxMessage{good, {Slot: wire.BoxSlot{200}, Message: message(1)}}}.Append(nil),
		"a message that is too long":       wire.BoxMessages{Messages: []wire.BoxMessage{{Slot: slot, Message: append(message(1), 0)}}}.Append(nil),
		"a message that is too short":      wire.BoxMessages{Messages: []wire.BoxMessage{{Slot: slot, Message: message(1)[1:]}}}.Append(nil),
		"no message":                       []byte(`{"messages":[{}]}`),
		"a message twice":                  wire.BoxMessages{Messages: []wire.BoxMessage{good, good}}.Append(nil),
		"more messages than it may":        wire.BoxMessages{Messages: many}.Append(nil),
		"an answer without an end, nearly": bytes.Repeat([]byte(" "), 1<<20),
		"junk":                             []byte("<html>"),
		"nothing":                          nil,
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
				if req.URL.Path == "/api/health" {
					_, _ = w.Write(wire.RelayHealth{Service: wire.RelayService, Status: "ok", Protocol: wire.RoomVersion}.Append(nil))
					return
				}
				_, _ = w.Write(body)
			}))
			t.Cleanup(server.Close)
			c := newClient(t, server.URL, "", boxclient.Options{})
			got, err := c.Watch(t.Context(), slots)
			var protocol *rendezvous.ProtocolError
			if len(got) > 0 || !errors.As(err, &protocol) {
				t.Errorf("%d messages, %v", len(got), err)
			}
		})
	}
}
