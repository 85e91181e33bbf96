//go:build !js

package webrtc_test

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/internal/lane"
	"github.com/tallow-transfer/tallow/internal/lane/lanetest"
	"github.com/tallow-transfer/tallow/internal/lane/webrtc"
	"github.com/tallow-transfer/tallow/internal/wire"
)

func TestAssociationIsACarrier(t *testing.T) {
	lanetest.Run(t, func(t *testing.T) (a, b lane.Carrier) {
		from, to := associations(t, 1)
		return from[0], to[0]
	})
}

// Associations open no sockets, however many there are, and all of them carry
// records at the same time.
func TestAssociationsShareASocket(t *testing.T) {
	x, y := connect(t, nil, unchanged)
	before := udpSockets(t)
	from, to := associate(t, x.(*webrtc.Conn), y.(*webrtc.Conn), 8)
	if after := udpSockets(t); after != before {
		t.Errorf("%d UDP sockets where there were %d", after, before)
	}
	done := make(chan error, 2*len(from)+2)
	for i := range from {
		go func() { done <- lanetest.WriteAll(from[i], lanetest.Sizes()) }()
		go func() { done <- lanetest.ReadAll(to[i], lanetest.Sizes()) }()
	}
	go func() { done <- lanetest.WriteAll(x, lanetest.Sizes()) }() // the data channel still works
	go func() { done <- lanetest.ReadAll(y, lanetest.Sizes()) }()
	for range cap(done) {
		if err := lanetest.Within(done); err != nil {
			t.Fatal(err)
		}
	}
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

// Closing one association leaves the others open. Closing the data channel closes
// them all.
func TestCloseOfAssociations(t *testing.T) {
	x, y := connect(t, nil, unchanged)
	from, to := associate(t, x.(*webrtc.Conn), y.(*webrtc.Conn), 3)
	if err := from[0].Close(); err != nil {
		t.Fatal(err)
	}
	if err := readEnd(to[0]); !errors.Is(err, io.EOF) {
		t.Errorf("the peer reads %v, want io.EOF", err)
	}
	for _, pair := range [][2]lane.Carrier{{from[1], to[1]}, {to[2], from[2]}, {x, y}} {
		if err := pair[0].WriteRecord(lanetest.Record(1, 5000)); err != nil {
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
	if _, err := x.(*webrtc.Conn).DialAssociation(t.Context(), 99); err == nil {
		t.Error("an association was dialed over a closed connection")
	}
}

func readEnd(c lane.Carrier) error {
	ended := make(chan error, 1)
	go func() {
		_, err := c.ReadRecord(make([]byte, wire.ReadBuffer))
		ended <- err
	}()
	return lanetest.Within(ended)
}

// A number cannot be used twice, and a dial that is not answered ends with its
// context.
func TestDialOfAssociations(t *testing.T) {
	x, y := connect(t, nil, unchanged)
	associate(t, x.(*webrtc.Conn), y.(*webrtc.Conn), 1)
	if _, err := x.(*webrtc.Conn).DialAssociation(t.Context(), 1); err == nil {
		t.Error("a number was used twice")
	}
	x, _ = connect(t, nil, unchanged)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := x.(*webrtc.Conn).DialAssociation(ctx, 1); err == nil {
		t.Error("an association is up that was not accepted")
	}
}

// A peer without a trunk's key, such as a browser, gets only a data channel.
func TestNoAssociationsWithoutATrunk(t *testing.T) {
	stopped := make(chan struct{})
	stop := make(chan struct{})
	defer func() { close(stop); <-stopped }()
	_, y := connect(t, nil, func(from mailbox) mailbox {
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
	if y.(*webrtc.Conn).SupportsAssociations() {
		t.Error("associations are offered to a peer without a trunk")
	}
	if _, err := y.(*webrtc.Conn).DialAssociation(t.Context(), 1); err == nil {
		t.Error("an association was dialed to a peer without a trunk")
	}
}

func TestNoAssociationsOverAnotherImplementation(t *testing.T) {
	conns, _ := connectPages(t)
	conn := conns[0].(*webrtc.Conn)
	if conn.SupportsAssociations() {
		t.Error("associations without a trunk")
	}
	if _, err := conn.DialAssociation(t.Context(), 1); err == nil {
		t.Error("an association was dialed without a trunk")
	}
	conn.AcceptAssociations(t.Context(), nil) // returns at once
}
