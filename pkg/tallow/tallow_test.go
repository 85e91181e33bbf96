package tallow_test

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/pkg/tallow"
	"github.com/tallow-transfer/tallow/relay"
)

func TestFolderByEveryLane(t *testing.T) {
	dir := write(t, map[string]int{"d/empty": 0, "d/one": 1, "d/sub/big": 3<<20 + 5, "d/sub/größe 漢字.txt": 70})
	if err := os.MkdirAll(filepath.Join(dir, "d", "nothing"), 0o777); err != nil {
		t.Fatal(err)
	}
	for _, lanes := range [][]tallow.Lane{{tallow.LaneRelay}, {tallow.LaneWebRTC}, {tallow.LaneTCP}, nil} {
		client := newClient(t, tallow.Config{Relay: startRelay(t, relay.Config{}), Lanes: lanes})
		out := t.TempDir()
		sent, received := transfer(t, client, client,
			tallow.SendOptions{Paths: []string{filepath.Join(dir, "d")}},
			tallow.ReceiveOptions{Output: out})
		if sent.err != nil || received.err != nil {
			t.Fatalf("%v: the sender: %v; the receiver: %v", lanes, sent.err, received.err)
		}
		if got, want := contents(t, out), contents(t, dir); !maps.Equal(got, want) {
			t.Errorf("%v: got %v, want %v", lanes, slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
		}
		if _, err := os.Stat(filepath.Join(out, "d", "nothing")); err != nil {
			t.Errorf("%v: the empty folder: %v", lanes, err)
		}
		const bytes = 1 + 3<<20 + 5 + 70
		for _, s := range []outcome{sent, received} {
			if s.result.Files != 4 || s.result.Bytes != bytes || s.result.Sent != bytes {
				t.Errorf("%v: %+v", lanes, s.result)
			}
			if len(lanes) == 1 && s.result.Lanes[lanes[0]] != bytes {
				t.Errorf("%v carried %v", lanes, s.result.Lanes)
			}
		}
	}
}

// The events of both peers, in the documented order.
func TestEvents(t *testing.T) {
	client := newClient(t, tallow.Config{Relay: startRelay(t, relay.Config{})})
	dir := write(t, map[string]int{"f": 2 << 20})
	sent, received := transfer(t, client, client,
		tallow.SendOptions{Paths: []string{filepath.Join(dir, "f")}},
		tallow.ReceiveOptions{Output: t.TempDir()})
	if sent.err != nil || received.err != nil {
		t.Fatalf("the sender: %v; the receiver: %v", sent.err, received.err)
	}
	for name, c := range map[string]struct {
		events []tallow.Event
		want   []string
	}{
		"sender":   {sent.events, []string{"state pending", "code", "state connecting", "state transferring", "peer", "offer", "file f", "state completed", "done"}},
		"receiver": {received.events, []string{"state pending", "state connecting", "state transferring", "peer", "offer", "file f", "state completed", "done"}},
	} {
		var got []string
		for _, e := range c.events {
			switch e := e.(type) {
			case tallow.CodeEvent:
				got = append(got, "code")
			case tallow.StateEvent:
				got = append(got, "state "+string(e.State))
			case tallow.PeerEvent:
				got = append(got, "peer")
			case tallow.OfferEvent:
				got = append(got, "offer")
			case tallow.FileEvent:
				got = append(got, "file "+e.Path)
			case tallow.EndEvent:
				got = append(got, "done")
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestText(t *testing.T) {
	client := newClient(t, tallow.Config{Relay: startRelay(t, relay.Config{})})
	sent, received := transfer(t, client, client, tallow.SendOptions{Text: "grüß Gott"}, tallow.ReceiveOptions{})
	if sent.err != nil || received.err != nil || received.result.Text != "grüß Gott" {
		t.Errorf("the sender: %v; the receiver: %v, %q", sent.err, received.err, received.result.Text)
	}
}

func TestWriter(t *testing.T) {
	client := newClient(t, tallow.Config{Relay: startRelay(t, relay.Config{})})
	payload := bytes.Repeat([]byte("0123456789abcdef"), 300_000)
	var got bytes.Buffer
	sent, received := transfer(t, client, client, tallow.SendOptions{Stream: bytes.NewReader(payload)}, tallow.ReceiveOptions{Writer: &got})
	if sent.err != nil || received.err != nil || !bytes.Equal(got.Bytes(), payload) {
		t.Errorf("the sender: %v; the receiver: %v, %d bytes", sent.err, received.err, got.Len())
	}
}

// Without a configured relay, the receiver finds the sender's own.
func TestWithoutARelay(t *testing.T) {
	client := newClient(t, tallow.Config{})
	dir := write(t, map[string]int{"f": 100_000})
	out := t.TempDir()
	sent, received := transfer(t, client, client,
		tallow.SendOptions{Paths: []string{filepath.Join(dir, "f")}}, tallow.ReceiveOptions{Output: out})
	if sent.err != nil || received.err != nil {
		t.Fatalf("the sender: %v; the receiver: %v", sent.err, received.err)
	}
	if !maps.Equal(contents(t, out), contents(t, dir)) {
		t.Error("the files differ")
	}
	for _, e := range sent.events {
		if c, ok := e.(tallow.CodeEvent); ok && (!c.LocalOnly || strings.Contains(c.Code, "@")) {
			t.Errorf("%+v", c)
		}
	}
}

// A later transfer, with another code, resumes an interrupted one and sends only
// the rest.
func TestResume(t *testing.T) {
	// The relay is slow, so that there is time to interrupt.
	url := startRelay(t, relay.Config{BytesPerSecond: 32 << 20})
	client := newClient(t, tallow.Config{Relay: url, Lanes: []tallow.Lane{tallow.LaneRelay}})
	const size = 64 << 20
	dir := write(t, map[string]int{"big": size})
	out := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	code := make(chan string, 1)
	ended := make(chan error, 1)
	go func() {
		_, err := client.Send(t.Context(), tallow.SendOptions{Paths: []string{filepath.Join(dir, "big")}, OnEvent: func(e tallow.Event) {
			if c, ok := e.(tallow.CodeEvent); ok {
				code <- c.Code
			}
		}})
		ended <- err
	}()
	_, err := client.Receive(ctx, tallow.ReceiveOptions{Code: <-code, Output: out, OnEvent: func(e tallow.Event) {
		if p, ok := e.(tallow.ProgressEvent); ok && p.Bytes > 0 && p.Bytes < size {
			cancel()
		}
	}})
	if err == nil {
		t.Fatal("the transfer was over before it could be interrupted")
	}
	if kindOf(t, err) != tallow.KindInterrupted {
		t.Fatalf("the receiver: %v", err)
	}
	if err := <-ended; kindOf(t, err) != tallow.KindDeclined {
		t.Errorf("the sender: %v", err)
	}
	if got := visible(contents(t, out)); len(got) > 0 {
		t.Fatal("something has its final name already")
	}
	sent, received := transfer(t, client, client,
		tallow.SendOptions{Paths: []string{filepath.Join(dir, "big")}}, tallow.ReceiveOptions{Output: out})
	if sent.err != nil || received.err != nil {
		t.Fatalf("the sender: %v; the receiver: %v", sent.err, received.err)
	}
	if !maps.Equal(contents(t, out), contents(t, dir)) {
		t.Error("the files differ, or something is left over")
	}
	if sent.result.Sent == 0 || sent.result.Sent >= size || received.result.Bytes != size {
		t.Errorf("%d of %d bytes were sent", sent.result.Sent, size)
	}
}

func TestDecline(t *testing.T) {
	client := newClient(t, tallow.Config{Relay: startRelay(t, relay.Config{})})
	dir, out := write(t, map[string]int{"f": 10}), t.TempDir()
	sent, received := transfer(t, client, client,
		tallow.SendOptions{Paths: []string{filepath.Join(dir, "f")}},
		tallow.ReceiveOptions{Output: out, Accept: func(context.Context, tallow.Offer) (bool, error) { return false, nil }})
	if kindOf(t, sent.err) != tallow.KindDeclined || kindOf(t, received.err) != tallow.KindDeclined {
		t.Errorf("the sender: %v; the receiver: %v", sent.err, received.err)
	}
	if len(contents(t, out)) > 0 {
		t.Error("something was written")
	}
}

func TestVerify(t *testing.T) {
	client := newClient(t, tallow.Config{Relay: startRelay(t, relay.Config{})})
	dir := write(t, map[string]int{"f": 10})
	for _, refuses := range []string{"nobody", "sender", "receiver"} {
		var words [2][]string
		verify := func(i int, who string) func(context.Context, []string) (bool, error) {
			return func(_ context.Context, w []string) (bool, error) {
				words[i] = w
				return who != refuses, nil
			}
		}
		out := t.TempDir()
		sent, received := transfer(t, client, client,
			tallow.SendOptions{Paths: []string{filepath.Join(dir, "f")}, Verify: verify(0, "sender")},
			tallow.ReceiveOptions{Output: out, Verify: verify(1, "receiver")})
		if refuses == "nobody" {
			if sent.err != nil || received.err != nil || len(words[0]) != 4 || !slices.Equal(words[0], words[1]) {
				t.Errorf("the sender: %v; the receiver: %v; %q", sent.err, received.err, words)
			}
			continue
		}
		if kindOf(t, sent.err) != tallow.KindCode || kindOf(t, received.err) != tallow.KindCode {
			t.Errorf("%s refuses; the sender: %v; the receiver: %v", refuses, sent.err, received.err)
		}
		if len(contents(t, out)) > 0 {
			t.Error("something was written")
		}
	}
}

func TestWrongCodeBurnsIt(t *testing.T) {
	client := newClient(t, tallow.Config{Relay: startRelay(t, relay.Config{})})
	dir, out := write(t, map[string]int{"f": 10}), t.TempDir()
	var right string
	sent, received := transfer(t, client, client,
		tallow.SendOptions{Paths: []string{filepath.Join(dir, "f")}, Code: "7-acid-acorn-acre", OnEvent: func(e tallow.Event) {
			if c, ok := e.(tallow.CodeEvent); ok {
				right = c.Code
			}
		}},
		tallow.ReceiveOptions{Output: out, Code: "7-acid-acorn-acid"})
	if kindOf(t, sent.err) != tallow.KindCode || kindOf(t, received.err) != tallow.KindCode {
		t.Errorf("the sender: %v; the receiver: %v", sent.err, received.err)
	}
	_, err := client.Receive(t.Context(), tallow.ReceiveOptions{Code: right, Output: out})
	if kindOf(t, err) != tallow.KindCode {
		t.Errorf("the right code after a wrong one: %v", err)
	}
	if len(contents(t, out)) > 0 {
		t.Error("something was written")
	}
}

func TestPeerTimeout(t *testing.T) {
	client := newClient(t, tallow.Config{Relay: startRelay(t, relay.Config{})})
	began := time.Now()
	var code string
	_, err := client.Send(t.Context(), tallow.SendOptions{Text: "hello", PeerTimeout: 200 * time.Millisecond, OnEvent: func(e tallow.Event) {
		if c, ok := e.(tallow.CodeEvent); ok {
			code = c.Code
		}
	}})
	if kindOf(t, err) != tallow.KindNetwork || time.Since(began) > testTimeout/2 {
		t.Errorf("%v after %v", err, time.Since(began))
	}
	// A late receiver is told at once that the code is invalid.
	if _, err := client.Receive(t.Context(), tallow.ReceiveOptions{Code: code}); kindOf(t, err) != tallow.KindCode {
		t.Errorf("a late receiver: %v", err)
	}
}

func TestUsage(t *testing.T) {
	for _, c := range []tallow.Config{{Relay: "http://"}, {Relay: "a b"}, {Lanes: []tallow.Lane{"pigeon"}}} {
		if _, err := tallow.New(c); kindOf(t, err) != tallow.KindUsage {
			t.Errorf("%+v: %v", c, err)
		}
	}
	client := newClient(t, tallow.Config{})
	for _, o := range []tallow.SendOptions{
		{},
		{Text: "a", Paths: []string{"b"}},
		{Text: "a", Words: 99},
		{Text: "a", Code: "7-acid-acorn-acre@relay.example"},
		{Paths: []string{filepath.Join(t.TempDir(), "missing")}},
	} {
		if _, err := client.Send(t.Context(), o); kindOf(t, err) != tallow.KindUsage {
			t.Errorf("%+v: %v", o, err)
		}
	}
	_, err := client.Receive(t.Context(), tallow.ReceiveOptions{Code: "7-acid-acron-acre"})
	var e *tallow.Error
	if !errors.As(err, &e) || e.Kind != tallow.KindCode || e.Reason != tallow.ReasonCodeWord || !slices.Contains(e.Words, "acorn") {
		t.Errorf("%v", err)
	}
}

func TestUnreachableRelay(t *testing.T) {
	client := newClient(t, tallow.Config{Relay: "ws://127.0.0.1:1"})
	if _, err := client.Send(t.Context(), tallow.SendOptions{Text: "a"}); kindOf(t, err) != tallow.KindNetwork || err.(*tallow.Error).Reason != tallow.ReasonRelayUnreachable {
		t.Errorf("%v", err)
	}
}
