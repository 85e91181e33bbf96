package relay

import (
	"bytes"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// observed is an Observer that counts.
type observed struct {
	unobserved
	mu        sync.Mutex
	rejected  map[string]int
	throttled time.Duration
}

func (o *observed) Rejected(reason string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.rejected == nil {
		o.rejected = make(map[string]int)
	}
	o.rejected[reason]++
}

func (o *observed) Throttled(wait time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.throttled += wait
}

func (o *observed) count(reason string) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.rejected[reason]
}

// However many are refused, the log has a line a minute for each reason.
func TestRefusalsAreLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		r := newRefusals(slog.New(slog.NewTextHandler(&log, nil)))
		for range 600 { // ten minutes
			r.add("rate")
			r.add("rate")
			time.Sleep(time.Second)
		}
		r.add("quota")
		time.Sleep(time.Hour)
		synctest.Wait()
		r.add("rate")
		r.add("rate")
		r.close()
		lines := strings.Split(strings.TrimSpace(log.String()), "\n")
		count := 0
		for _, line := range lines {
			var n int
			_, after, _ := strings.Cut(line, "count=")
			if _, err := fmt.Sscan(after, &n); err != nil {
				t.Fatalf("%q: %v", line, err)
			}
			count += n
		}
		if len(lines) < 12 || len(lines) > 15 || count != 1203 {
			t.Errorf("%d lines for %d refusals:\n%s", len(lines), count, log.String())
		}
	})
}

func TestConnectionLimits(t *testing.T) {
	config := unlimited()
	o := &observed{}
	config.Observer = o
	config.Limits.ConnectionsPerClient = 2
	_, base := start(t, config)
	pair(t, base)
	resp, b := request(t, http.MethodGet, base+"/ws", nil)
	if resp.StatusCode != http.StatusTooManyRequests || word(t, b) != "quota" || resp.Header.Get("Retry-After") == "" {
		t.Errorf("%s: %s", resp.Status, b)
	}
	if o.count("quota") != 1 {
		t.Errorf("%v", o.rejected)
	}
}

// A connection that says nothing counts, too, and those over the limit are closed
// at once.
func TestSocketLimit(t *testing.T) {
	config := unlimited()
	o := &observed{}
	config.Observer = o
	config.Limits.ConnectionsPerClient = 0
	config.Limits.MaxConnections = 1 // and 16 TCP connections more
	r, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: r, ReadHeaderTimeout: time.Minute}
	listener := r.Limit(inner)
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(listener) })
	t.Cleanup(func() {
		_ = server.Close()
		serving.Wait()
		_ = r.Close()
	})
	var silent []net.Conn
	for range 20 {
		conn, err := net.Dial("tcp", inner.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		silent = append(silent, conn)
	}
	eventually(t, "three are closed", func() bool { return o.count(socketsRefused) == 3 })
	for _, conn := range silent {
		_ = conn.Close()
	}
	eventually(t, "all places are free", func() bool {
		r.ledger.mu.Lock()
		defer r.ledger.mu.Unlock()
		return r.ledger.used[sockets] == 0 && len(r.ledger.clients) == 0
	})
}

// The limits of a client and of a room hold for all who share them, and make them
// wait.
func TestSharedSpeeds(t *testing.T) {
	for name, set := range map[string]func(*Limits){
		"a client": func(l *Limits) { l.BytesPerSecondPerClient = 100_000 },
		"a room":   func(l *Limits) { l.BytesPerSecondPerRoom = 100_000 },
		"all":      func(l *Limits) { l.TotalBytesPerSecond = 100_000 },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				config := unlimited()
				o := &observed{}
				config.Observer = o
				set(&config.Limits)
				base := startPipe(t, config)
				_, s, r := base.pair(t)
				begin := time.Now()
				const n = 10
				for _, peer := range []client{s, r} {
					go func() {
						for range n {
							peer.forward(strings.Repeat("x", 50_000))
						}
					}()
				}
				var both sync.WaitGroup
				for _, peer := range []client{s, r} {
					both.Go(func() {
						for range n {
							peer.frame()
						}
					})
				}
				both.Wait()
				if took := time.Since(begin).Round(time.Second); took != 9*time.Second {
					t.Errorf("a million bytes took %v, want 9s", took)
				}
				if o.throttled == 0 {
					t.Error("nobody was told")
				}
			})
		})
	}
}

func TestErrorFrameSaysWhenToTryAgain(t *testing.T) {
	config := unlimited()
	config.JoinsPerMinute = 3
	_, base := start(t, config)
	dial(t, base, asReceiver("7")).frame()
	e, err := wire.ParseRoomError(dial(t, base, asReceiver("7")).frame())
	if err != nil || e.Code != wire.RoomRate || e.Retry < 20*time.Second || e.Retry > time.Minute {
		t.Errorf("%+v, %v", e, err)
	}
}
