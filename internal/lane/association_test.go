package lane_test

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/internal/lane"
	"github.com/tallow-transfer/tallow/internal/session"
	"github.com/tallow-transfer/tallow/internal/wire"
)

func associationPair(t *testing.T) (a, b session.Carrier) {
	t.Helper()
	from, to := associations(t, 1)
	return from[0], to[0]
}

// However many associations there are, no socket is opened for them, and all of
// them carry at the same time.
func TestAssociationsShareASocket(t *testing.T) {
	x, y := connectWebRTC(t, nil, func(s mailbox) mailbox { return s })
	before := udpSockets(t)
	from, to := widen(t, x.(*lane.WebRTC), y.(*lane.WebRTC), 8)
	if after := udpSockets(t); after != before {
		t.Errorf("%d UDP sockets where there were %d", after, before)
	}
	done := make(chan error, 2*len(from)+2)
	for i := range from {
		go func() { done <- writeAll(from[i], sizes()) }()
		go func() { done <- readAll(to[i], sizes()) }()
	}
	go func() { done <- writeAll(x, sizes()) }() // the data channel works as before
	go func() { done <- readAll(y, sizes()) }()
	for range cap(done) {
		if err := within(done); err != nil {
			t.Fatal(err)
		}
	}
}

// udpSockets is how many UDP sockets this process has open.
func udpSockets(t *testing.T) (n int) {
	t.Helper()
	ours := make(map[string]bool)
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("NOT TESTED: this system does not tell which sockets a process has")
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

// The end of one association is nothing to the others; the end of the data
// channel is the end of all.
func TestEndsOfAssociations(t *testing.T) {
	x, y := connectWebRTC(t, nil, func(s mailbox) mailbox { return s })
	from, to := widen(t, x.(*lane.WebRTC), y.(*lane.WebRTC), 3)
	if err := from[0].Close(); err != nil {
		t.Fatal(err)
	}
	if err := readEnd(to[0]); !errors.Is(err, io.EOF) {
		t.Errorf("the peer reads %v, want io.EOF", err)
	}
	for _, pair := range [][2]session.Carrier{{from[1], to[1]}, {to[2], from[2]}, {x, y}} {
		if err := pair[0].WriteRecord(record(1, 5000)); err != nil {
			t.Fatal(err)
		}
		rec, err := pair[1].ReadRecord(make([]byte, wire.ReadBuffer))
		if err != nil || len(rec) != 5000 {
			t.Errorf("%d bytes, %v", len(rec), err)
		}
	}
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	if err := readEnd(from[1]); err == nil {
		t.Error("an association outlives its connection")
	}
	if _, err := x.(*lane.WebRTC).Dial(t.Context(), 99); err == nil {
		t.Error("an association was dialled over a closed connection")
	}
}

func readEnd(c session.Carrier) error {
	ended := make(chan error, 1)
	go func() {
		_, err := c.ReadRecord(make([]byte, wire.ReadBuffer))
		ended <- err
	}()
	return within(ended)
}

// A number is used once, and a dial that nobody answers ends with its context.
func TestDialOfAssociations(t *testing.T) {
	x, y := connectWebRTC(t, nil, func(s mailbox) mailbox { return s })
	widen(t, x.(*lane.WebRTC), y.(*lane.WebRTC), 1)
	if _, err := x.(*lane.WebRTC).Dial(t.Context(), 1); err == nil {
		t.Error("a number was used twice")
	}
	x, _ = connectWebRTC(t, nil, func(s mailbox) mailbox { return s })
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := x.(*lane.WebRTC).Dial(ctx, 1); err == nil {
		t.Error("nobody accepts, and it is up")
	}
}

// A side that says no key, as a browser, gets a data channel and nothing beside it.
func TestNoAssociationsWithOthers(t *testing.T) {
	stopped := make(chan struct{})
	stop := make(chan struct{})
	defer func() { close(stop); <-stopped }()
	_, y := connectWebRTC(t, nil, func(from mailbox) mailbox {
		to := newMailbox()
		go func() {
			defer close(stopped)
			for {
				select {
				case s := <-from:
					if at := strings.Index(s.Body, "a=tallow-trunk:"); s.Kind == wire.SignalOffer && at > 0 {
						s.Body = s.Body[:at]
					}
					to <- s
				case <-stop:
					return
				}
			}
		}()
		return to
	})
	if y.(*lane.WebRTC).Widens() {
		t.Error("it offers associations to a side that knows of none")
	}
	if _, err := y.(*lane.WebRTC).Dial(t.Context(), 1); err == nil {
		t.Error("an association was dialled to a side that knows of none")
	}
}
