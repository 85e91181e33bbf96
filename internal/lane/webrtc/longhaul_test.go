//go:build !js

package webrtc_test

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/internal/lane"
	"github.com/tallow-transfer/tallow/internal/lane/lanetest"
	"github.com/tallow-transfer/tallow/internal/lane/webrtc"
	"github.com/tallow-transfer/tallow/internal/wire"
)

func TestLonghaulIsACarrier(t *testing.T) {
	lanetest.Run(t, func(t *testing.T) (a, b lane.Carrier) {
		return longhaul(t)
	})
}

// BenchmarkLonghaul is a long-haul connection beside a data channel.
func BenchmarkLonghaul(b *testing.B) {
	from, to := longhaul(b)
	lanetest.Bench(b, []lane.Carrier{from}, []lane.Carrier{to})
}

// longhaul makes a long-haul connection beside a data channel.
func longhaul(tb testing.TB) (dialed, accepted lane.Carrier) {
	tb.Helper()
	x, y := connect(tb, nil, unchanged)
	return dialLonghaul(tb, x.(*webrtc.Conn), y.(*webrtc.Conn), 7)
}

func dialLonghaul(tb testing.TB, x, y *webrtc.Conn, number uint32) (dialed, accepted lane.Carrier) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), lanetest.Timeout)
	came := make(chan lane.Carrier, 1)
	var accepting sync.WaitGroup
	accepting.Go(func() {
		y.AcceptLonghaul(ctx, func(l *webrtc.Longhaul, id uint32) {
			if id != number {
				tb.Errorf("number %d, want %d", id, number)
			}
			came <- l
			cancel()
		})
	})
	defer accepting.Wait()
	dialed, err := x.DialLonghaul(tb.Context(), number)
	if err != nil {
		cancel()
		tb.Fatal(err)
	}
	accepting.Wait()
	accepted = <-came
	tb.Cleanup(func() {
		_ = dialed.Close()
		_ = accepted.Close()
	})
	return dialed, accepted
}

// A long-haul connection needs no further socket, leaves the data channel as it is, and
// ends with the connection.
func TestLonghaulBesideTheDataChannel(t *testing.T) {
	x, y := connect(t, nil, unchanged)
	before := udpSockets(t)
	a, b := dialLonghaul(t, x.(*webrtc.Conn), y.(*webrtc.Conn), 1)
	if after := udpSockets(t); after != before {
		t.Errorf("%d UDP sockets where there were %d", after, before)
	}
	if !a.Traits().Paced || a.Traits().Rank <= x.Traits().Rank {
		t.Errorf("%+v beside %+v", a.Traits(), x.Traits())
	}
	done := make(chan error, 4)
	for from, to := range map[lane.Carrier]lane.Carrier{a: b, x: y} {
		go func() { done <- lanetest.WriteAll(from, lanetest.Sizes()) }()
		go func() { done <- lanetest.ReadAll(to, lanetest.Sizes()) }()
	}
	for range cap(done) {
		if err := lanetest.Within(done); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := x.(*webrtc.Conn).DialLonghaul(t.Context(), 1); err == nil {
		t.Error("a number was used twice")
	}
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	if err := readEnd(a); err == nil || errors.Is(err, io.EOF) {
		t.Errorf("%v after the connection was closed here", err)
	}
	if _, err := x.(*webrtc.Conn).DialLonghaul(t.Context(), 2); err == nil {
		t.Error("dialed over a closed connection")
	}
}

// A dial that is not answered ends with its context.
func TestLonghaulNotAnswered(t *testing.T) {
	x, _ := connect(t, nil, unchanged)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := x.(*webrtc.Conn).DialLonghaul(ctx, 1); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
}

// A peer that does not know long-haul connections, such as a browser, gets only a data
// channel.
func TestNoLonghaulWithAnotherPeer(t *testing.T) {
	x, y := connect(t, nil, func(from mailbox) mailbox {
		return rewritten(t, from, func(s wire.Signal) wire.Signal {
			if at := strings.Index(s.Body, "a=tallow-longhaul:"); s.Kind == wire.SignalOffer && at > 0 {
				s.Body = s.Body[:at]
			}
			return s
		})
	})
	other := y.(*webrtc.Conn) // to it the offering side does not know them
	if other.SupportsLonghaul() {
		t.Error("a long-haul connection is offered to a peer that does not know it")
	}
	if _, err := other.DialLonghaul(t.Context(), 1); err == nil {
		t.Error("a long-haul connection was dialed to a peer that does not know it")
	}
	done := make(chan error, 2)
	go func() { done <- lanetest.WriteAll(x, lanetest.Sizes()) }()
	go func() { done <- lanetest.ReadAll(y, lanetest.Sizes()) }()
	for range cap(done) {
		if err := lanetest.Within(done); err != nil {
			t.Fatal(err)
		}
	}
}

func TestNoLonghaulOverAnotherImplementation(t *testing.T) {
	conns, _ := connectPages(t)
	conn := conns[0].(*webrtc.Conn)
	if conn.SupportsLonghaul() {
		t.Error("long-haul connections without a trunk")
	}
	if _, err := conn.DialLonghaul(t.Context(), 1); err == nil {
		t.Error("a long-haul connection was dialed without a trunk")
	}
	conn.AcceptLonghaul(t.Context(), nil) // returns at once
}

// rewritten passes signals on as they are rewritten.
func rewritten(t *testing.T, from mailbox, rewrite func(wire.Signal) wire.Signal) mailbox {
	to, stop, stopped := newMailbox(), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case s := <-from:
				to <- rewrite(s)
			case <-stop:
				return
			}
		}
	}()
	t.Cleanup(func() { close(stop); <-stopped })
	return to
}

// udpSockets counts the UDP sockets of this process.
func udpSockets(t *testing.T) (n int) {
	t.Helper()
	ours := make(map[string]bool)
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("NOT TESTED: this system does not list the sockets of a process")
	}
	for _, f := range files {
		link, _ := os.Readlink("/proc/self/fd/" + f.Name())
		if inode, ok := strings.CutPrefix(link, "socket:["); ok {
			ours[strings.TrimSuffix(inode, "]")] = true
		}
	}
	for _, table := range []string{"/proc/self/net/udp", "/proc/self/net/udp6"} {
		b, err := os.ReadFile(table)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(b)) {
			if fields := strings.Fields(line); len(fields) > 9 && ours[fields[9]] {
				n++
			}
		}
	}
	if n == 0 {
		t.Fatal("no UDP socket at all")
	}
	return n
}

func readEnd(c lane.Carrier) error {
	ended := make(chan error, 1)
	go func() {
		_, err := c.ReadRecord(make([]byte, wire.ReadBuffer))
		ended <- err
	}()
	return lanetest.Within(ended)
}
