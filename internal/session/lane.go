package session

import (
	"cmp"
	"context"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tallow-transfer/tallow/internal/lane"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// Lane is a carrier that belongs to a session.
type Lane struct {
	session *Session
	id      uint32
	traits  lane.Traits
	carrier lane.Carrier

	done     chan struct{} // closed when the lane is dead
	failOnce sync.Once
	err      error // why; set before done is closed

	lastRead  atomic.Int64 // nanoseconds since the session started
	lastWrite atomic.Int64
	lastData  atomic.Int64 // when a data record came, 0 if none has

	window     *laneWindow
	received   atomic.Int64  // bytes of data records' plaintext
	unreported chan struct{} // a token when received has grown since it was reported
	standby    bool          // guarded by Session.mu

	// Owned by whoever has put the token into write. (This is no mutex because the
	// clock of a synctest bubble stops while a goroutine waits for one.)
	write      chan struct{}
	buf        []byte
	controlOut recordKey
	dataOut    recordKey

	// Owned by the reading goroutine.
	controlIn recordKey
	dataIn    recordKey

	several severalRecords // data records that are sealed and opened at the same time
}

// newLane makes a lane whose goroutines do not run yet. s.mu is held.
func newLane(s *Session, id uint32, keys Keys, c lane.Carrier) *Lane {
	traits := c.Traits()
	l := &Lane{
		session: s, id: id, traits: traits, carrier: c,
		done:       make(chan struct{}),
		write:      make(chan struct{}, 1),
		window:     newLaneWindow(s.pathWindow(traits.SharedPath), traits.Paced),
		unreported: make(chan struct{}, 1),
		buf:        make([]byte, wire.MaxRecord),
		controlOut: newRecordKey(keys.ControlOut, wire.RecordControl, id),
		dataOut:    newRecordKey(keys.DataOut, wire.RecordData, id),
		controlIn:  newRecordKey(keys.ControlIn, wire.RecordControl, id),
		dataIn:     newRecordKey(keys.DataIn, wire.RecordData, id),
	}
	now := int64(s.age())
	l.lastRead.Store(now)
	l.lastWrite.Store(now)
	return l
}

// Kind returns the carrier's kind, one bit.
func (l *Lane) Kind() wire.Lanes { return l.traits.Kind }

// InFlight returns how many bytes of data records were sent and are not yet
// reported as received.
func (l *Lane) InFlight() int64 { return l.window.inFlight() }

// MinRTT returns the shortest round-trip time of data so far, 0 if there was no
// sample.
func (l *Lane) MinRTT() time.Duration { return l.window.shortestRTT() }

// Delivered returns how many bytes of data records the peer has reported as received.
func (l *Lane) Delivered() int64 { return l.window.deliveredBytes() }

// Done is closed when the lane is dead. Err then says why.
func (l *Lane) Done() <-chan struct{} { return l.done }

// Err returns why the lane died; nil while it lives.
func (l *Lane) Err() error {
	select {
	case <-l.done:
		return l.err
	default:
		return nil
	}
}

// SendData seals the concatenation of parts, at most wire.MaxPlaintext bytes, as
// one data record and sends it. It blocks while the congestion window is full,
// and until the carrier has taken the record. Errors: the lane's, ctx's.
func (l *Lane) SendData(ctx context.Context, parts ...[]byte) error {
	n := 0
	for _, p := range parts {
		n += len(p)
	}
	if !l.window.acquire(ctx, int64(n), l.session.age, l.done) {
		return cmp.Or(l.Err(), context.Cause(ctx))
	}
	return l.several.send(l, parts...)
}

// sendControl sends a control record. It adds this lane's report of received
// data.
func (l *Lane) sendControl(c wire.Control) error {
	c.Data = uint64(l.received.Load())
	return l.send(&l.controlOut, c.Append(nil))
}

func (l *Lane) send(key *recordKey, parts ...[]byte) error {
	select {
	case l.write <- struct{}{}:
	case <-l.done:
		return l.err
	}
	defer func() { <-l.write }()
	if err := l.Err(); err != nil {
		return err
	}
	rec, err := key.seal(l.buf, parts...)
	if err != nil {
		l.fail(err)
		return err
	}
	return l.writeRecord(rec)
}

// writeRecord writes a record to the carrier. The caller has the token in write.
func (l *Lane) writeRecord(rec []byte) error {
	if err := l.carrier.WriteRecord(rec); err != nil {
		l.fail(err)
		return err
	}
	l.lastWrite.Store(int64(l.session.age()))
	return nil
}

// fail ends the lane. Only the first call has an effect.
func (l *Lane) fail(err error) {
	l.failOnce.Do(func() {
		l.err = err
		close(l.done)
		l.window.close()
		l.session.laneDied(l)
		_ = l.carrier.Close()
	})
}

// read is the goroutine that receives records until the lane dies.
func (l *Lane) read() {
	buf := make([]byte, wire.ReadBuffer)
	for {
		rec, err := l.carrier.ReadRecord(buf)
		if err == nil {
			l.lastRead.Store(int64(l.session.age()))
			err = l.receive(rec)
		}
		if err != nil {
			l.several.await(l)
			l.fail(err)
			return
		}
	}
}

// receive opens a record and hands on its content.
func (l *Lane) receive(b []byte) error {
	r, err := wire.ParseRecord(b)
	if err != nil {
		return err
	}
	if r.Kind == wire.RecordData {
		return l.several.open(l, b[:wire.RecordHeader], r)
	}
	plain, err := l.controlIn.open(b[:wire.RecordHeader], r)
	if err != nil {
		return err
	}
	m, err := wire.ParseControl(plain)
	if err != nil {
		return err
	}
	var pathRTT time.Duration
	if c, ok := l.carrier.(lane.RoundTripper); ok {
		pathRTT = c.RoundTrip()
	}
	l.window.report(int64(min(m.Data, math.MaxInt64)), pathRTT, l.session.age())
	return l.session.takeControl(m)
}

// openNow opens a data record and hands on its content.
func (l *Lane) openNow(head []byte, r wire.Record) error {
	plain, err := l.dataIn.open(head, r)
	if err != nil {
		return err
	}
	return l.takeData(plain)
}

// takeData hands on the content of a data record.
func (l *Lane) takeData(plain []byte) error {
	l.received.Add(int64(len(plain)))
	l.lastData.Store(int64(l.session.age()))
	select {
	case l.unreported <- struct{}{}:
	default:
	}
	return l.session.takeData(l.traits.Kind, plain)
}
