// Package lanetest is the test suite that every carrier passes, and the parts of
// it that are of use in a carrier's other tests. Start with Run.
package lanetest

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/internal/lane"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// Timeout bounds every wait of these tests.
const Timeout = 20 * time.Second

// Connect makes the two ends of a carrier. It registers their closing with
// t.Cleanup; a test may close them earlier.
type Connect func(t *testing.T) (a, b lane.Carrier)

// Run runs the whole suite on new carriers from connect.
func Run(t *testing.T, connect Connect) {
	for name, test := range map[string]func(t *testing.T, a, b lane.Carrier){
		"records arrive whole and in order": testRecordsArriveWholeAndInOrder,
		"slow reader stops the writer":      testSlowReaderStopsTheWriter,
		"close is the end for the peer":     testCloseIsTheEndForThePeer,
		"close unblocks":                    testCloseUnblocks,
		"traits":                            testTraits,
	} {
		t.Run(name, func(t *testing.T) {
			a, b := connect(t)
			test(t, a, b)
		})
	}
}

// Both ends describe themselves alike, as exactly one kind of lane.
func testTraits(t *testing.T, a, b lane.Carrier) {
	if a.Traits() != b.Traits() {
		t.Errorf("%+v at one end, %+v at the other", a.Traits(), b.Traits())
	}
	if kind := a.Traits().Kind; kind == 0 || kind&(kind-1) != 0 {
		t.Errorf("the kind %b is not one bit", kind)
	}
}

// Record returns record number n of a stream. It contains n if it has 8 bytes or
// more.
func Record(n, size int) []byte {
	rec := make([]byte, size)
	var seed [32]byte
	binary.BigEndian.PutUint64(seed[:], uint64(n))
	_, _ = rand.NewChaCha8(seed).Read(rec) // never fails
	if size >= 8 {
		binary.BigEndian.PutUint64(rec, uint64(n))
	}
	return rec
}

// Sizes returns record sizes around every boundary that a transport could have,
// and some in between.
func Sizes() []int {
	var all []int
	for n := 1; n <= 64; n++ {
		all = append(all, n)
	}
	for power := 128; power <= wire.MaxRecord; power *= 2 {
		all = append(all, power-1, power)
		if power < wire.MaxRecord {
			all = append(all, power+1)
		}
	}
	for n := 1100; n <= 1300; n++ { // around the payload of one packet
		all = append(all, n)
	}
	for n := wire.MaxRecord; n > 0; n -= 1021 {
		all = append(all, n)
	}
	return all
}

func testRecordsArriveWholeAndInOrder(t *testing.T, a, b lane.Carrier) {
	written := make(chan error, 2)
	for _, c := range []lane.Carrier{a, b} {
		go func() { written <- WriteAll(c, Sizes()) }()
	}
	read := make(chan error, 2)
	for _, c := range []lane.Carrier{a, b} {
		go func() { read <- ReadAll(c, Sizes()) }()
	}
	for _, done := range []chan error{written, written, read, read} {
		if err := Within(done); err != nil {
			t.Fatal(err)
		}
	}
}

// WriteAll writes records of these sizes.
func WriteAll(c lane.Carrier, sizes []int) error {
	for n, size := range sizes {
		rec := Record(n, size)
		if err := c.WriteRecord(rec); err != nil {
			return err
		}
		clear(rec) // the carrier must not retain it
	}
	return nil
}

// ReadAll reads what WriteAll writes, and returns an error if anything differs.
func ReadAll(c lane.Carrier, sizes []int) error {
	buf := make([]byte, wire.ReadBuffer)
	for n, size := range sizes {
		rec, err := c.ReadRecord(buf)
		if err != nil {
			return err
		}
		if !bytes.Equal(rec, Record(n, size)) {
			return errors.New("a record is not the one that was sent")
		}
	}
	return nil
}

// ErrTimeout is the error of a wait that took too long.
var ErrTimeout = errors.New("it takes too long")

// Within waits for a result, and returns ErrTimeout if it takes too long.
func Within(done <-chan error) error {
	timer := time.NewTimer(Timeout)
	defer timer.Stop()
	select {
	case err := <-done:
		return err
	case <-timer.C:
		return ErrTimeout
	}
}

// A reader that stops blocks the writer before much is buffered. When it goes on
// nothing is missing.
func testSlowReaderStopsTheWriter(t *testing.T, a, b lane.Carrier) {
	const total = 48 << 20 / wire.MaxRecord
	const bound = 32 << 20 / wire.MaxRecord // mostly of the sockets' buffers
	var sent atomic.Int64
	written := make(chan error, 1)
	go func() {
		for n := range total {
			if err := a.WriteRecord(LargestRecord(n)); err != nil {
				written <- err
				return
			}
			sent.Add(1)
		}
		written <- nil
	}()
	if n := settled(t, &sent); n > bound {
		t.Errorf("%d records were accepted although nobody reads, over %d", n, bound)
	}
	buf := make([]byte, wire.ReadBuffer)
	for n := range total {
		rec, err := b.ReadRecord(buf)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(rec, LargestRecord(n)) {
			t.Fatalf("record %d is not the one that was sent", n)
		}
	}
	if err := Within(written); err != nil {
		t.Error(err)
	}
}

// LargestRecord returns a record of the largest size that is cheap to make.
func LargestRecord(n int) []byte {
	rec := bytes.Repeat([]byte{byte(n)}, wire.MaxRecord)
	binary.BigEndian.PutUint64(rec, uint64(n))
	return rec
}

// settled waits until a counter no longer changes, and returns it.
func settled(t *testing.T, n *atomic.Int64) int64 {
	t.Helper()
	deadline := time.NewTimer(Timeout)
	defer deadline.Stop()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for last, same := int64(-1), 0; ; {
		select {
		case <-deadline.C:
			t.Fatal("the writer never waits")
		case <-tick.C:
		}
		now := n.Load()
		if now != last {
			last, same = now, 0
		} else if same++; same == 12 && now > 0 {
			return now
		}
	}
}

// A record written before Close is read before io.EOF.
func testCloseIsTheEndForThePeer(t *testing.T, a, b lane.Carrier) {
	buf := make([]byte, wire.ReadBuffer)
	if err := a.WriteRecord(Record(7, 700)); err != nil {
		t.Fatal(err)
	}
	if rec, err := b.ReadRecord(buf); err != nil || !bytes.Equal(rec, Record(7, 700)) {
		t.Fatalf("%d bytes, %v", len(rec), err)
	}
	ended := make(chan error, 1)
	go func() {
		_, err := b.ReadRecord(buf)
		ended <- err
	}()
	began := time.Now()
	if err := a.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	if err := Within(ended); !errors.Is(err, io.EOF) {
		t.Errorf("the peer reads %v, want io.EOF", err)
	}
	if d := time.Since(began); d > 3*time.Second {
		t.Errorf("the peer learned of it after %v", d)
	}
}

// Close unblocks calls at its own end, including a write that waits for a slow
// reader. It may be called again.
func testCloseUnblocks(t *testing.T, a, _ lane.Carrier) {
	var sent atomic.Int64
	writer, reader := make(chan error, 1), make(chan error, 1)
	go func() {
		for {
			if err := a.WriteRecord(LargestRecord(0)); err != nil {
				writer <- err
				return
			}
			sent.Add(1)
		}
	}()
	go func() {
		_, err := a.ReadRecord(make([]byte, wire.ReadBuffer))
		reader <- err
	}()
	settled(t, &sent)
	closed := make(chan error, 1)
	go func() { closed <- a.Close() }()
	if err := Within(closed); err != nil {
		t.Errorf("close: %v", err)
	}
	for name, call := range map[string]chan error{"write": writer, "read": reader} {
		if err := Within(call); err == nil || errors.Is(err, ErrTimeout) {
			t.Errorf("%s after close: %v", name, err)
		}
	}
	if err := a.Close(); err != nil {
		t.Errorf("close again: %v", err)
	}
}
