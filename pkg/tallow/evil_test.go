package tallow_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/tallow-transfer/tallow/internal/handshake"
	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/pkg/tallow"
	"github.com/tallow-transfer/tallow/relay"
)

// from says which side a message comes from.
type from string

// tamper is what an evil relay does to the payload number n of one side: the
// payloads that it passes on. It may change the payload.
type tamper func(by from, n int, payload []byte) [][]byte

// evilRelay is a real relay behind somebody who reads and changes what both
// sides say to each other.
func evilRelay(t *testing.T, evil tamper) string {
	t.Helper()
	honest, err := url.Parse("http" + strings.TrimPrefix(startRelay(t, relay.Config{}), "ws"))
	if err != nil {
		t.Fatal(err)
	}
	api := httputil.NewSingleHostReverseProxy(honest)
	var seats sync.WaitGroup
	mux := http.NewServeMux()
	mux.Handle("/api/", api)
	mux.HandleFunc("/ws", func(w http.ResponseWriter, r *http.Request) {
		seats.Add(1)
		defer seats.Done()
		var up websocket.Upgrader
		client, err := up.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer client.Close()
		upstream, _, err := websocket.DefaultDialer.DialContext(context.WithoutCancel(r.Context()), "ws://"+honest.Host+"/ws?"+r.URL.RawQuery, nil)
		if err != nil {
			return
		}
		defer upstream.Close()
		by := from("receiver")
		if r.URL.Query().Has("ticket") {
			by = "sender"
		}
		var back sync.WaitGroup
		back.Go(func() {
			pass(upstream, client, nil)
			_ = client.Close()
		})
		n := 0
		tampered := func(payload []byte) [][]byte {
			n++
			return evil(by, n-1, payload)
		}
		if r.URL.Query().Has("resume") {
			tampered = nil // the two come back when they have noticed; once is enough
		}
		pass(client, upstream, tampered)
		_ = upstream.Close()
		back.Wait()
	})
	server := httptest.NewServer(mux)
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
		seats.Wait()
		http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	})
	return "ws" + strings.TrimPrefix(server.URL, "http")
}

// pass forwards messages until one of the two ends.
func pass(in, out *websocket.Conn, evil func([]byte) [][]byte) {
	for {
		kind, m, err := in.ReadMessage()
		if err != nil {
			return
		}
		frames := [][]byte{m}
		if evil != nil && len(m) > 0 && m[0] == byte(wire.RoomForwardKind) {
			frames = nil
			for _, payload := range evil(m[1:]) {
				frames = append(frames, append([]byte{byte(wire.RoomForwardKind)}, payload...))
			}
		}
		for _, f := range frames {
			if out.WriteMessage(kind, f) != nil {
				return
			}
		}
	}
}

// evils are what can be done to one payload. held is for the reordering.
func evils() map[string]func(payload []byte, next bool) [][]byte {
	var held []byte
	return map[string]func([]byte, bool) [][]byte{
		"drop": func(p []byte, next bool) [][]byte {
			if next {
				return [][]byte{p}
			}
			return nil
		},
		"flip the first byte": change(func(p []byte) []byte { p[0] ^= 1; return p }),
		"flip a middle bit":   change(func(p []byte) []byte { p[len(p)/2] ^= 4; return p }),
		"flip the last bit":   change(func(p []byte) []byte { p[len(p)-1] ^= 1; return p }),
		"truncate":            change(func(p []byte) []byte { return p[:len(p)-1] }),
		"lengthen":            change(func(p []byte) []byte { return append(p, 0) }),
		"empty":               change(func([]byte) []byte { return nil }),
		"replay": func(p []byte, next bool) [][]byte {
			if next {
				return [][]byte{p}
			}
			return [][]byte{p, p}
		},
		"reorder": func(p []byte, next bool) [][]byte {
			if !next {
				held = p
				return nil
			}
			if held == nil {
				return [][]byte{p}
			}
			defer func() { held = nil }()
			return [][]byte{p, held}
		},
		"inject": func(p []byte, next bool) [][]byte {
			if next {
				return [][]byte{p}
			}
			forged := append(wire.AppendRecordHeader(nil, wire.RecordControl, 0), make([]byte, 64)...)
			return [][]byte{forged, p}
		},
	}
}

func change(f func([]byte) []byte) func([]byte, bool) [][]byte {
	return func(p []byte, next bool) [][]byte {
		if next {
			return [][]byte{p}
		}
		return [][]byte{f(p)}
	}
}

// evilPatience bounds a handshake of which the relay swallows a message.
const evilPatience = 2 * time.Second

// Whatever an evil relay does to any message of either side, the transfer fails
// with an error of its own or succeeds with identical bytes. A final file never
// has a wrong byte.
func TestEvilRelay(t *testing.T) {
	dir := write(t, map[string]int{"d/a": 1, "d/b": 3000, "d/c": 2<<20 + 17})
	want := contents(t, dir)
	for name := range evils() {
		for _, by := range []from{"sender", "receiver"} {
			for _, at := range []int{0, 1, 2, 4, 20} {
				t.Run(fmt.Sprintf("%s/%s/%d", name, by, at), func(t *testing.T) {
					t.Parallel()
					do := evils()[name]
					relay := evilRelay(t, func(who from, n int, p []byte) [][]byte {
						if who == by && n >= at {
							return do(p, n > at)
						}
						return [][]byte{p}
					})
					client := newClient(t, tallow.Config{Relay: relay, Lanes: []tallow.Lane{tallow.LaneRelay}})
					out := t.TempDir()
					sent, received := transfer(t, client, client,
						tallow.SendOptions{Paths: []string{filepath.Join(dir, "d")}, Timeout: evilPatience, Wait: evilPatience},
						tallow.ReceiveOptions{Output: out, Timeout: evilPatience, Wait: evilPatience})
					got := visible(contents(t, out))
					for path, data := range got {
						if data != want[path] {
							t.Errorf("%s has wrong bytes", path)
						}
					}
					if received.err == nil && !maps.Equal(got, want) {
						t.Error("the receiver succeeded and not everything is there")
					}
					if sent.err == nil && !maps.Equal(got, want) {
						t.Error("the sender succeeded and not everything is there")
					}
					for _, s := range []side{sent, received} {
						switch kind := kindOf(t, s.err); kind {
						case "", tallow.KindNetwork, tallow.KindCode, tallow.KindIntegrity, tallow.KindInterrupted, tallow.KindDeclined:
						default:
							t.Errorf("ended as %s: %v", kind, s.err)
						}
					}
				})
			}
		}
	}
}

// A relay that answers in the other side's place, with a guess of its own at the
// words, gets nowhere: both people are told, and the code is burnt.
func TestRelayInTheMiddle(t *testing.T) {
	var guess *handshake.Receiver
	relay := evilRelay(t, func(by from, n int, p []byte) [][]byte {
		if by == "receiver" && n == 0 {
			m1, err := wire.ParseM1(p)
			if err != nil {
				t.Error(err)
			}
			r, forged, err := handshake.NewReceiver(handshake.Params{Words: "acid-acid-acid", Nameplate: "1", SenderNonce: m1.Nonce})
			if err != nil {
				t.Error(err)
			}
			guess = r
			return [][]byte{forged}
		}
		return [][]byte{p}
	})
	dir := write(t, map[string]int{"secret": 100})
	out := t.TempDir()
	client := newClient(t, tallow.Config{Relay: relay})
	sent, received := transfer(t, client, client,
		tallow.SendOptions{Paths: []string{filepath.Join(dir, "secret")}},
		tallow.ReceiveOptions{Output: out})
	if guess == nil {
		t.Fatal("the relay was not asked")
	}
	if kindOf(t, sent.err) != tallow.KindCode || kindOf(t, received.err) != tallow.KindCode {
		t.Errorf("the sender: %v; the receiver: %v", sent.err, received.err)
	}
	if got := contents(t, out); len(got) > 0 {
		t.Errorf("something was written: %v", got)
	}
}

// Nothing that the relay passes on says what is sent.
func TestTheRelayLearnsNothing(t *testing.T) {
	const name = "a-name-that-nobody-else-has.txt"
	var mu sync.Mutex
	var seen strings.Builder
	relay := evilRelay(t, func(_ from, _ int, p []byte) [][]byte {
		mu.Lock()
		defer mu.Unlock()
		seen.Write(p)
		return [][]byte{p}
	})
	dir := write(t, map[string]int{name: 5000})
	var words string
	client := newClient(t, tallow.Config{Relay: relay})
	sent, received := transfer(t, client, client, tallow.SendOptions{
		Paths: []string{filepath.Join(dir, name)},
		OnEvent: func(e tallow.Event) {
			if c, ok := e.(tallow.CodeEvent); ok {
				words = c.Code
			}
		},
	}, tallow.ReceiveOptions{Output: t.TempDir()})
	if sent.err != nil || received.err != nil {
		t.Fatalf("the sender: %v; the receiver: %v", sent.err, received.err)
	}
	mu.Lock()
	defer mu.Unlock()
	bare, _, _ := strings.Cut(words, "@")
	secrets := append(strings.Split(bare, "-")[1:], name, contents(t, dir)[name][:32], "a=candidate", "candidate:", "ice-ufrag")
	for _, secret := range secrets {
		if strings.Contains(seen.String(), secret) {
			t.Errorf("the relay saw %q", secret)
		}
	}
	if seen.Len() < 3000 {
		t.Errorf("the relay saw only %d bytes: this test looks at the wrong place", seen.Len())
	}
}
