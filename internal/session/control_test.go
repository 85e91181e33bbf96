package session

import (
	"errors"
	"testing"

	"github.com/tallow-transfer/tallow/internal/broadcast"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// After a rewind the messages that are not acknowledged are sent again, under
// their old numbers.
func TestControlSenderRewinds(t *testing.T) {
	c := &controlSender{changed: &broadcast.Signal{}}
	for i := range 5 {
		if seq := c.append([]byte{byte(i)}); seq != uint64(i+1) {
			t.Fatalf("message %d has the number %d", i, seq)
		}
	}
	sendAll := func(from uint64) {
		t.Helper()
		for seq := from; seq <= 5; seq++ {
			m, ok := c.next()
			if !ok || m.Seq != seq || m.Message[0] != byte(seq-1) {
				t.Fatalf("got %+v, %v, want message %d", m, ok, seq)
			}
		}
		if m, ok := c.next(); ok {
			t.Errorf("got %+v after the last message", m)
		}
	}
	sendAll(1)
	if err := c.acknowledge(2); err != nil || !c.acknowledged(2) || c.acknowledged(3) {
		t.Errorf("acknowledge: %v", err)
	}
	c.rewind()
	if err := c.acknowledge(1); err != nil { // an old one
		t.Error(err)
	}
	sendAll(3)
	if all := c.unacknowledged(); len(all) != 3 || all[0].Seq != 3 {
		t.Errorf("unacknowledged: %+v", all)
	}
	if err := c.acknowledge(6); !errors.Is(err, wire.ErrMalformed) {
		t.Errorf("an acknowledgement of message 6 of 5: %v", err)
	}
}

// The queue is bounded by its bytes, and an acknowledgement frees them.
func TestControlSenderIsBounded(t *testing.T) {
	c := &controlSender{changed: &broadcast.Signal{}}
	n := 0
	for c.tryAppend(make([]byte, 1<<16)) {
		n++
	}
	if n != maxUnacked>>16 {
		t.Errorf("%d messages fit", n)
	}
	changed := c.changed.Wait()
	if err := c.acknowledge(1); err != nil {
		t.Fatal(err)
	}
	<-changed
	if !c.tryAppend([]byte{1}) {
		t.Error("an acknowledgement frees nothing")
	}
}

// Messages of several lanes are put in order, repeated ones are dropped, and those
// that wait are bounded.
func TestControlReceiverOrders(t *testing.T) {
	c := &controlReceiver{early: make(map[uint64][]byte)}
	accept := func(seq uint64, fresh bool) {
		t.Helper()
		if got, err := c.accept(seq, []byte{byte(seq)}); got != fresh || err != nil {
			t.Errorf("message %d: fresh %v, %v", seq, got, err)
		}
	}
	accept(3, true)
	accept(2, true)
	accept(2, true)
	if m, ok := c.next(); ok {
		t.Errorf("got %x before message 1", m)
	}
	accept(1, true)
	for want := byte(1); want <= 3; want++ {
		if m, ok := c.next(); !ok || m[0] != want {
			t.Errorf("got %x, %v, want %d", m, ok, want)
		}
	}
	if n := c.unacknowledged(); n != 3 || c.takeAck() != 3 || c.unacknowledged() != 0 {
		t.Errorf("%d unacknowledged", n)
	}
	accept(1, false)
	if n := c.unacknowledged(); n != 1 {
		t.Errorf("%d unacknowledged after a repeated message", n)
	}
	var err error
	seq := uint64(5)
	for ; err == nil; seq++ {
		_, err = c.accept(seq, make([]byte, 1<<16-earlyOverhead))
	}
	if n := int(seq - 6); n != maxEarly>>16 || !errors.Is(err, wire.ErrMalformed) {
		t.Errorf("%d messages out of order: %v", n, err)
	}
}
