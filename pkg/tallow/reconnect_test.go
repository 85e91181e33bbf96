package tallow_test

import (
	"context"
	"maps"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/internal/relaytest"
	"github.com/tallow-transfer/tallow/pkg/tallow"
	"github.com/tallow-transfer/tallow/relay"
)

// A relayed transfer whose connections break repeatedly continues where it was.
func TestReconnect(t *testing.T) {
	b := relaytest.Start(t, relay.Config{})
	client := newClient(t, tallow.Config{Relay: b.URL, Lanes: []tallow.Lane{tallow.LaneRelay}})
	const size = 200 << 20
	dir := write(t, map[string]int{"d/big": size, "d/small": 10})
	out := t.TempDir()
	cuts := 0
	var last int64
	sent, received := transfer(t, client, client,
		tallow.SendOptions{Paths: []string{filepath.Join(dir, "d")}},
		tallow.ReceiveOptions{Output: out, OnEvent: func(e tallow.Event) {
			if p, ok := e.(tallow.ProgressEvent); ok && cuts < 4 && p.Bytes-last > 10<<20 {
				cuts++
				last = p.Bytes
				b.Cut()
			}
		}})
	if sent.err != nil || received.err != nil {
		t.Fatalf("the sender: %v; the receiver: %v", sent.err, received.err)
	}
	if cuts == 0 {
		t.Fatal("nothing was cut: the transfer was too fast for this test")
	}
	if !maps.Equal(contents(t, out), contents(t, dir)) {
		t.Error("the files differ")
	}
	if again := sent.result.Sent - size; again > int64(cuts)*64<<20 {
		t.Errorf("%d bytes were sent twice for %d cuts", again, cuts)
	}
}

// While the relay is away both peers are in StateConnecting. The transfer
// continues when it is back.
func TestRelayAway(t *testing.T) {
	b := relaytest.Start(t, relay.Config{})
	client := newClient(t, tallow.Config{Relay: b.URL, Lanes: []tallow.Lane{tallow.LaneRelay}})
	dir := write(t, map[string]int{"big": 200 << 20})
	out := t.TempDir()
	var away sync.Once
	var connecting sync.WaitGroup
	connecting.Add(2)
	back := make(chan struct{})
	go func() {
		defer close(back)
		connecting.Wait()
		b.ComeBack()
	}()
	// Each peer has a second StateConnecting when it reconnects.
	onEvent := func(e tallow.Event) func(*int) {
		return func(n *int) {
			if st, ok := e.(tallow.StateEvent); ok && st.State == tallow.StateConnecting {
				if *n++; *n == 2 {
					connecting.Done()
				}
			}
		}
	}
	var nSent, nReceived int
	sent, received := transfer(t, client, client,
		tallow.SendOptions{Paths: []string{filepath.Join(dir, "big")}, OnEvent: func(e tallow.Event) { onEvent(e)(&nSent) }},
		tallow.ReceiveOptions{Output: out, OnEvent: func(e tallow.Event) {
			onEvent(e)(&nReceived)
			if p, ok := e.(tallow.ProgressEvent); ok && p.Bytes > 0 {
				away.Do(func() { b.GoAway() })
			}
		}})
	if sent.err != nil || received.err != nil {
		t.Fatalf("the sender: %v; the receiver: %v", sent.err, received.err)
	}
	<-back
	if !maps.Equal(contents(t, out), contents(t, dir)) {
		t.Error("the files differ")
	}
}

// If the sender's connection to the relay breaks before a receiver joins, the code
// stays valid.
func TestSenderRejoins(t *testing.T) {
	b := relaytest.Start(t, relay.Config{})
	client := newClient(t, tallow.Config{Relay: b.URL, Lanes: []tallow.Lane{tallow.LaneRelay}})
	dir, out := write(t, map[string]int{"f": 1000}), t.TempDir()
	ctx, cancel := context.WithTimeout(t.Context(), testTimeout)
	defer cancel()
	code, sent := make(chan string, 1), make(chan error, 1)
	go func() {
		_, err := client.Send(ctx, tallow.SendOptions{Paths: []string{filepath.Join(dir, "f")}, OnEvent: func(e tallow.Event) {
			if c, ok := e.(tallow.CodeEvent); ok {
				b.Cut()
				code <- c.Code
			}
		}})
		close(code)
		sent <- err
	}()
	c := <-code
	for tick := time.NewTicker(time.Millisecond); b.Connections() == 0 && ctx.Err() == nil; { // until it is back
		<-tick.C
	}
	_, err := client.Receive(ctx, tallow.ReceiveOptions{Code: c, Output: out})
	if serr := <-sent; serr != nil || err != nil {
		t.Fatalf("the sender: %v; the receiver: %v", serr, err)
	}
	if !maps.Equal(contents(t, out), contents(t, dir)) {
		t.Error("the files differ")
	}
}

// If the relay never comes back, a direct lane finishes the transfer.
func TestRelayGoneForGood(t *testing.T) {
	b := relaytest.Start(t, relay.Config{})
	client := newClient(t, tallow.Config{Relay: b.URL, Lanes: []tallow.Lane{tallow.LaneWebRTC}})
	dir := write(t, map[string]int{"big": 64 << 20})
	out := t.TempDir()
	var once sync.Once
	sent, received := transfer(t, client, client,
		tallow.SendOptions{Paths: []string{filepath.Join(dir, "big")}},
		tallow.ReceiveOptions{Output: out, OnEvent: func(e tallow.Event) {
			if p, ok := e.(tallow.ProgressEvent); ok && p.Bytes > 0 {
				once.Do(func() { b.GoAway() })
			}
		}})
	if sent.err != nil || received.err != nil {
		t.Fatalf("the sender: %v; the receiver: %v", sent.err, received.err)
	}
	if !maps.Equal(contents(t, out), contents(t, dir)) {
		t.Error("the files differ")
	}
}

// If the relay never comes back and there is no direct lane, both peers give up
// after ReconnectTimeout, and no file has its final name.
func TestReconnectTimeout(t *testing.T) {
	b := relaytest.Start(t, relay.Config{})
	client := newClient(t, tallow.Config{Relay: b.URL, Lanes: []tallow.Lane{tallow.LaneRelay}})
	dir := write(t, map[string]int{"big": 200 << 20})
	out := t.TempDir()
	var once sync.Once
	began := time.Now()
	sent, received := transfer(t, client, client,
		tallow.SendOptions{Paths: []string{filepath.Join(dir, "big")}, ReconnectTimeout: time.Second},
		tallow.ReceiveOptions{Output: out, ReconnectTimeout: time.Second, OnEvent: func(e tallow.Event) {
			if p, ok := e.(tallow.ProgressEvent); ok && p.Bytes > 0 {
				once.Do(func() { b.GoAway() })
			}
		}})
	if kindOf(t, sent.err) != tallow.KindNetwork || kindOf(t, received.err) != tallow.KindNetwork {
		t.Errorf("the sender: %v; the receiver: %v", sent.err, received.err)
	}
	if d := time.Since(began); d > testTimeout/2 {
		t.Errorf("it took %v", d)
	}
	if got := visible(contents(t, out)); len(got) > 0 {
		t.Error("something has its final name")
	}
}
