package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"maps"
	mathrand "math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"github.com/tallow-transfer/tallow/internal/wire"
)

const (
	strangers      = 1000 // addresses of each kind
	busyStrangers  = 60   // of each kind at a time
	honestPairs    = 8
	honestTransfer = 20 // messages
)

// hostile has strangers do their worst while honest pairs transfer something, and
// then looks whether the server lets go of it all.
func hostile(ctx context.Context, o options, relay *server, all *bars) error {
	// A first, short wave: what is allocated once, such as buffers that stay, is no
	// leak.
	if _, err := wave(ctx, relay.at.Relay, 2*time.Second); err != nil {
		return err
	}
	before, err := relay.settled(ctx)
	if err != nil {
		return err
	}
	done, err := wave(ctx, relay.at.Relay, o.hostile)
	if err != nil {
		return err
	}
	after, err := relay.settled(ctx)
	if err != nil {
		return err
	}
	change := float64(after.memory()-before.memory()) / float64(before.memory())
	all.add(done.failed == 0 && done.finished > 0, false, fmt.Sprintf("honest transfers beside %v of hostile load", o.hostile), "all finish",
		"%d of %d", done.finished, done.finished+done.failed)
	if done.first != nil {
		return fmt.Errorf("an honest transfer failed: %w", done.first)
	}
	fmt.Printf("Memory in MB: resident %.1f, then %.1f; heap %.2f, then %.2f; stacks %.2f, then %.2f.\n",
		megabytes(before.Resident), megabytes(after.Resident), megabytes(before.Heap), megabytes(after.Heap),
		megabytes(before.Stacks), megabytes(after.Stacks))
	all.add(change < memoryGrowth, false, "memory after it, compared with before", fmt.Sprintf("within %.0f %%", 100*memoryGrowth), "%+.1f %% of %.1f MB", 100*change, float64(before.memory())/1e6)
	all.add(after.Goroutines <= relay.idle, false, "goroutines after it", fmt.Sprint(relay.idle), "%d", after.Goroutines)
	fmt.Printf("Strangers did %s; refused were %s.\n", counts(done.tries), counts(after.Rejected))
	return nil
}

func megabytes(bytes int64) float64 { return float64(bytes) / 1e6 }

func counts(all map[string]int64) string {
	var texts []string
	for _, what := range slices.Sorted(maps.Keys(all)) {
		texts = append(texts, fmt.Sprintf("%s %d", what, all[what]))
	}
	return strings.Join(texts, ", ")
}

// waved is what happened in a wave.
type waved struct {
	finished, failed int64 // honest transfers
	first            error // of those that failed
	tries            map[string]int64
}

// wave lets everyone loose for a while.
func wave(ctx context.Context, relay string, length time.Duration) (waved, error) {
	hostile, stop := context.WithTimeout(ctx, length)
	defer stop()
	done := waved{tries: make(map[string]int64)}
	var mu sync.Mutex
	var working sync.WaitGroup
	var next atomic.Int64
	for kind, attack := range attacks() {
		for range busyStrangers {
			working.Go(func() {
				for hostile.Err() == nil {
					attack(hostile, relay, 400_000+int(next.Add(1))%strangers)
					mu.Lock()
					done.tries[kind]++
					mu.Unlock()
				}
			})
		}
	}
	for i := range honestPairs {
		working.Go(func() {
			for n := 0; hostile.Err() == nil; n++ {
				// A pair does not come back from the same address all the time.
				err := transfer(ctx, relay, 500_000+i*1000+n/3)
				mu.Lock()
				switch {
				case err == nil:
					done.finished++
				case ctx.Err() == nil:
					done.failed++
					if done.first == nil {
						done.first = err
					}
				}
				mu.Unlock()
			}
		})
	}
	working.Wait()
	if ctx.Err() != nil {
		return done, context.Cause(ctx)
	}
	return done, nil
}

// transfer is what honest peers do.
func transfer(ctx context.Context, relay string, from int) error {
	r, _, err := newLink(relay, from).newRoom(ctx)
	if err != nil {
		return err
	}
	defer r.close()
	payload := make([]byte, chunk)
	_, _ = rand.Read(payload) // never fails (Go 1.24)
	sent := make(chan error, 1)
	go func() {
		for range honestTransfer {
			if err := r.sender.forward(payload); err != nil {
				sent <- err
				return
			}
		}
		sent <- nil
	}()
	for range honestTransfer {
		frame, err := r.receiver.read()
		if err != nil {
			return err
		}
		if !bytes.Equal(frame[1:], payload) {
			return errors.New("other bytes than were sent")
		}
	}
	return <-sent
}

// attacks are what strangers do, by its name. Each ends soon after ctx.
func attacks() map[string]func(ctx context.Context, relay string, from int) {
	return map[string]func(context.Context, string, int){
		"slow requests":    slowRequest,
		"half-open":        halfOpen,
		"silent sockets":   silentSocket,
		"slow messages":    slowMessage,
		"oversize":         oversize,
		"random bytes":     randomBytes,
		"random frames":    randomFrames,
		"nameplate scans":  scan,
		"squatted numbers": squat,
	}
}

// connect opens a TCP connection that ends with ctx.
func connect(ctx context.Context, relay string, from int) (net.Conn, func()) {
	l := newLink(relay, from)
	conn, err := l.dialer.DialContext(ctx, "tcp", relay)
	if err != nil {
		_ = pause(ctx, 10*time.Millisecond)
		return nil, func() {}
	}
	return conn, endWith(ctx, conn)
}

// endWith closes a connection when ctx ends, or when the result is called.
func endWith(ctx context.Context, conn io.Closer) (end func()) {
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	return func() {
		stop()
		_ = conn.Close()
	}
}

// slowRequest sends a request a byte at a time.
func slowRequest(ctx context.Context, relay string, from int) {
	conn, end := connect(ctx, relay, from)
	defer end()
	if conn == nil {
		return
	}
	for _, b := range []byte("GET /ws HTTP/1.1\r\nHost: relay\r\nX-Long: " + strings.Repeat("x", 200)) {
		if _, err := conn.Write([]byte{b}); err != nil || pause(ctx, 100*time.Millisecond) != nil {
			return
		}
	}
}

// halfOpen connects and says nothing.
func halfOpen(ctx context.Context, relay string, from int) {
	conn, end := connect(ctx, relay, from)
	defer end()
	if conn != nil {
		_ = conn.SetReadDeadline(time.Now().Add(5 * time.Second))
		_, _ = conn.Read(make([]byte, 1))
	}
}

// upgrade opens a WebSocket, with a join if there is one.
func upgrade(ctx context.Context, relay string, from int, join string) (*websocket.Conn, func()) {
	l := newLink(relay, from)
	dialer := websocket.Dialer{NetDialContext: l.dialer.DialContext, HandshakeTimeout: answerTime}
	header := http.Header{}
	if join != "" {
		header.Set("Authorization", join)
	}
	conn, _, err := dialer.DialContext(ctx, "ws://"+relay+"/ws", header)
	if err != nil {
		_ = pause(ctx, 10*time.Millisecond)
		return nil, func() {}
	}
	return conn, endWith(ctx, conn)
}

// silentSocket opens a WebSocket and does not join.
func silentSocket(ctx context.Context, relay string, from int) {
	conn, end := upgrade(ctx, relay, from, "")
	defer end()
	if conn != nil {
		_, _, _ = conn.ReadMessage()
	}
}

// slowMessage joins a resume room of its own and sends a message a byte at a time.
func slowMessage(ctx context.Context, relay string, from int) {
	join := wire.RoomJoin{Role: wire.RoomResumer}
	_, _ = rand.Read(join.Resume[:]) // never fails
	conn, end := upgrade(ctx, relay, from, join.Authorization())
	defer end()
	if conn == nil {
		return
	}
	raw := conn.NetConn()
	if _, err := raw.Write([]byte{0x82, 0xfe, 0xff, 0xff, 0, 0, 0, 0}); err != nil {
		return
	}
	for range 50 {
		if _, err := raw.Write([]byte{byte(wire.RoomForwardKind)}); err != nil || pause(ctx, 100*time.Millisecond) != nil {
			return
		}
	}
}

// oversize sends too much, wherever something can be sent.
func oversize(ctx context.Context, relay string, from int) {
	l := newLink(relay, from)
	client := http.Client{Transport: &http.Transport{DialContext: l.dialer.DialContext, DisableKeepAlives: true}, Timeout: answerTime}
	if req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+relay+"/api/session", bytes.NewReader(make([]byte, 1<<20))); err == nil {
		if resp, err := client.Do(req); err == nil {
			_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<20))
			_ = resp.Body.Close()
		}
	}
	join := wire.RoomJoin{Role: wire.RoomResumer}
	_, _ = rand.Read(join.Resume[:]) // never fails
	conn, end := upgrade(ctx, relay, from, join.Authorization())
	defer end()
	if conn != nil && conn.WriteMessage(websocket.BinaryMessage, make([]byte, 4<<20)) == nil {
		_, _, _ = conn.ReadMessage()
	}
}

// randomBytes sends noise in place of HTTP.
func randomBytes(ctx context.Context, relay string, from int) {
	conn, end := connect(ctx, relay, from)
	defer end()
	if conn == nil {
		return
	}
	noise := make([]byte, 1+mathrand.IntN(20_000))
	_, _ = rand.Read(noise) // never fails
	_, _ = conn.Write(noise)
	_ = conn.SetReadDeadline(time.Now().Add(time.Second))
	_, _ = io.Copy(io.Discard, conn)
}

// randomFrames joins with noise, or joins properly and then sends noise.
func randomFrames(ctx context.Context, relay string, from int) {
	join := wire.RoomJoin{Role: wire.RoomResumer}
	_, _ = rand.Read(join.Resume[:]) // never fails
	header := join.Authorization()
	if mathrand.IntN(2) == 0 {
		header = ""
	}
	conn, end := upgrade(ctx, relay, from, header)
	defer end()
	if conn == nil {
		return
	}
	for range 20 {
		noise := make([]byte, mathrand.IntN(2000))
		_, _ = rand.Read(noise) // never fails
		if conn.WriteMessage(websocket.BinaryMessage, noise) != nil {
			return
		}
	}
	_, _, _ = conn.ReadMessage()
}

// scan tries a nameplate and, if there is a room, guesses at the code in it.
func scan(ctx context.Context, relay string, from int) {
	join := wire.RoomJoin{Role: wire.RoomReceiver, Nameplate: strconv.Itoa(1 + mathrand.IntN(99_999))}
	conn, end := upgrade(ctx, relay, from, join.Authorization())
	defer end()
	if conn != nil {
		_ = conn.SetReadDeadline(time.Now().Add(time.Second))
		_, _, _ = conn.ReadMessage()
	}
}

// squat takes a nameplate and keeps it.
func squat(ctx context.Context, relay string, from int) {
	_, _, _ = newLink(relay, from).open(ctx, 3)
	_ = pause(ctx, 100*time.Millisecond)
}
