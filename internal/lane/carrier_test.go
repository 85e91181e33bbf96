package lane_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/tallow-transfer/tallow/internal/session"
	"github.com/tallow-transfer/tallow/internal/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds every wait of these tests.
const patience = 20 * time.Second

// connector makes the two ends of a carrier. It registers their closing, which
// a test may do before.
type connector func(t *testing.T) (a, b session.Carrier)

// carriers are all implementations of session.Carrier; each passes every test
// of this file.
func carriers() map[string]connector {
	return map[string]connector{
		"tcp": tcpPair, "webrtc": webrtcPair, "association": associationPair, "relayed": relayedPair,
	}
}

func forEachCarrier(t *testing.T, test func(t *testing.T, a, b session.Carrier)) {
	for name, connect := range carriers() {
		t.Run(name, func(t *testing.T) {
			a, b := connect(t)
			test(t, a, b)
		})
	}
}

// record is the record number n of a stream, with n in it where it has room.
func record(n, size int) []byte {
	rec := make([]byte, size)
	var seed [32]byte
	binary.BigEndian.PutUint64(seed[:], uint64(n))
	_, _ = rand.NewChaCha8(seed).Read(rec) // never fails
	if size >= 8 {
		binary.BigEndian.PutUint64(rec, uint64(n))
	}
	return rec
}

// sizes are those around every boundary that a transport could have, and some
// in between.
func sizes() []int {
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

func TestRecordsArriveWholeAndInOrder(t *testing.T) {
	forEachCarrier(t, func(t *testing.T, a, b session.Carrier) {
		written := make(chan error, 2)
		for _, c := range []session.Carrier{a, b} {
			go func() { written <- writeAll(c, sizes()) }()
		}
		read := make(chan error, 2)
		for _, c := range []session.Carrier{a, b} {
			go func() { read <- readAll(c, sizes()) }()
		}
		for _, done := range []chan error{written, written, read, read} {
			if err := within(done); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func writeAll(c session.Carrier, sizes []int) error {
	for n, size := range sizes {
		rec := record(n, size)
		if err := c.WriteRecord(rec); err != nil {
			return err
		}
		clear(rec) // it belongs to the caller again
	}
	return nil
}

func readAll(c session.Carrier, sizes []int) error {
	buf := make([]byte, wire.ReadBuffer)
	for n, size := range sizes {
		rec, err := c.ReadRecord(buf)
		if err != nil {
			return err
		}
		if !bytes.Equal(rec, record(n, size)) {
			return errors.New("a record is not the one that was sent")
		}
	}
	return nil
}

// within waits for a result.
func within(done <-chan error) error {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case err := <-done:
		return err
	case <-timer.C:
		return errors.New("it takes too long")
	}
}

// A reader that stops makes the writer wait before much is buffered, and when
// it goes on nothing is missing.
func TestSlowReaderStopsTheWriter(t *testing.T) {
	const total = 48 << 20 / wire.MaxRecord
	const bound = 32 << 20 / wire.MaxRecord // of the sockets' buffers most of all
	forEachCarrier(t, func(t *testing.T, a, b session.Carrier) {
		var sent atomic.Int64
		written := make(chan error, 1)
		go func() {
			for n := range total {
				if err := a.WriteRecord(bigRecord(n)); err != nil {
					written <- err
					return
				}
				sent.Add(1)
			}
			written <- nil
		}()
		if n := settled(t, &sent); n > bound {
			t.Errorf("%d records were taken although nobody reads, over %d", n, bound)
		}
		buf := make([]byte, wire.ReadBuffer)
		for n := range total {
			rec, err := b.ReadRecord(buf)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(rec, bigRecord(n)) {
				t.Fatalf("record %d is not the one that was sent", n)
			}
		}
		if err := within(written); err != nil {
			t.Error(err)
		}
	})
}

// bigRecord is a largest record that is cheap to make.
func bigRecord(n int) []byte {
	rec := bytes.Repeat([]byte{byte(n)}, wire.MaxRecord)
	binary.BigEndian.PutUint64(rec, uint64(n))
	return rec
}

// settled waits until a counter stands still, and returns it.
func settled(t *testing.T, n *atomic.Int64) int64 {
	t.Helper()
	deadline := time.NewTimer(patience)
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

// What was written before an orderly end is read before it.
func TestCloseIsTheEndForThePeer(t *testing.T) {
	forEachCarrier(t, func(t *testing.T, a, b session.Carrier) {
		buf := make([]byte, wire.ReadBuffer)
		if err := a.WriteRecord(record(7, 700)); err != nil {
			t.Fatal(err)
		}
		if rec, err := b.ReadRecord(buf); err != nil || !bytes.Equal(rec, record(7, 700)) {
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
		if err := within(ended); !errors.Is(err, io.EOF) {
			t.Errorf("the peer reads %v, want io.EOF", err)
		}
		if d := time.Since(began); d > 3*time.Second {
			t.Errorf("the peer learned of it after %v", d)
		}
	})
}

// Close ends this side's own calls, also a write that waits for a slow reader,
// and may be called again.
func TestCloseUnblocks(t *testing.T) {
	forEachCarrier(t, func(t *testing.T, a, _ session.Carrier) {
		var sent atomic.Int64
		writer, reader := make(chan error, 1), make(chan error, 1)
		go func() {
			for {
				if err := a.WriteRecord(bigRecord(0)); err != nil {
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
		if err := within(closed); err != nil {
			t.Errorf("close: %v", err)
		}
		for name, call := range map[string]chan error{"write": writer, "read": reader} {
			if err := within(call); err == nil || err.Error() == "it takes too long" {
				t.Errorf("%s after close: %v", name, err)
			}
		}
		if err := a.Close(); err != nil {
			t.Errorf("close again: %v", err)
		}
	})
}
