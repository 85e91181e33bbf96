package session

import (
	"cmp"
	"context"
	"errors"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tallow-transfer/tallow/internal/lane"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// Times of a lane's liveness.
const (
	heartbeat     = 4 * time.Second  // a lane that sent nothing for so long says that it lives
	laneSilence   = 15 * time.Second // a lane that heard nothing for so long is dead
	laneStuck     = 30 * time.Second // a lane that says it lives but brings nothing over is dead as well
	hurriedSilent = 7 * time.Second  // the same once the other side has left the relay
)

var errStuck = errors.New("nothing of what this lane was given has arrived for too long")

var errSilent = errors.New("nothing was heard on this lane for too long")

// Lane is a carrier that belongs to a session.
type Lane struct {
	session *Session
	id      uint32
	traits  lane.Traits
	carrier lane.Carrier

	done     chan struct{} // closed when the lane is dead
	failOnce sync.Once
	err      error // why; set before done is closed

	lastRead  atomic.Int64 // nanoseconds since the session began
	lastWrite atomic.Int64

	pace     *pace
	received atomic.Int64  // bytes of data records' plaintext
	unsaid   chan struct{} // a token when received has grown since it was reported
	standby  bool          // guarded by Session.mu

	// Owned by whoever has put the token into write. (A mutex would do, but time
	// stands still in a synctest bubble while a goroutine waits for one.)
	write      chan struct{}
	buf        []byte
	controlOut recordKey
	dataOut    recordKey

	// Owned by the reading goroutine.
	controlIn recordKey
	dataIn    recordKey
}

func newLane(s *Session, id uint32, keys Keys, c lane.Carrier) *Lane {
	traits := c.Traits()
	return &Lane{
		session: s, id: id, traits: traits, carrier: c,
		done:       make(chan struct{}),
		write:      make(chan struct{}, 1),
		pace:       newPace(s.share(traits.SharedPath)),
		unsaid:     make(chan struct{}, 1),
		buf:        make([]byte, wire.MaxRecord),
		controlOut: newRecordKey(keys.ControlOut, wire.RecordControl, id),
		dataOut:    newRecordKey(keys.DataOut, wire.RecordData, id),
		controlIn:  newRecordKey(keys.ControlIn, wire.RecordControl, id),
		dataIn:     newRecordKey(keys.DataIn, wire.RecordData, id),
	}
}

// Kind is the carrier's kind, one bit.
func (l *Lane) Kind() wire.Lanes { return l.traits.Kind }

// Underway is how many bytes of data records it was given that have not arrived.
func (l *Lane) Underway() int64 { return l.pace.underway() }

// Arrived is how many bytes of data records the other side has said to have.
func (l *Lane) Arrived() int64 { return l.pace.told() }

// Round is the shortest round trip of data so far, 0 if none is known.
func (l *Lane) Round() time.Duration { return l.pace.shortest() }

// Done is closed when the lane is dead; Err then says why.
func (l *Lane) Done() <-chan struct{} { return l.done }

// Err is why the lane died; nil while it lives.
func (l *Lane) Err() error {
	select {
	case <-l.done:
		return l.err
	default:
		return nil
	}
}

// SendData seals one data record of the parts put together, at most
// wire.MaxPlaintext bytes, and blocks while enough is under way and until the
// lane has taken it. An error means that the lane is dead or ctx has ended.
func (l *Lane) SendData(ctx context.Context, parts ...[]byte) error {
	n := 0
	for _, p := range parts {
		n += len(p)
	}
	if !l.pace.admit(ctx, int64(n), l.session.age, l.done) {
		return cmp.Or(l.Err(), context.Cause(ctx))
	}
	return l.send(&l.dataOut, parts...)
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
	if err == nil {
		err = l.carrier.WriteRecord(rec)
	}
	if err != nil {
		l.fail(err)
		return err
	}
	l.lastWrite.Store(int64(l.session.age()))
	return nil
}

// fail ends the lane; only the first call counts.
func (l *Lane) fail(err error) {
	l.failOnce.Do(func() {
		l.err = err
		close(l.done)
		l.pace.leave()
		l.session.laneDied(l)
		_ = l.carrier.Close()
	})
}

// read takes in records until the lane dies.
func (l *Lane) read() {
	buf := make([]byte, wire.ReadBuffer)
	for {
		rec, err := l.carrier.ReadRecord(buf)
		if err == nil {
			l.lastRead.Store(int64(l.session.age()))
			err = l.take(rec)
		}
		if err != nil {
			l.fail(err)
			return
		}
	}
}

func (l *Lane) take(b []byte) error {
	r, err := wire.ParseRecord(b)
	if err != nil {
		return err
	}
	key := &l.controlIn
	if r.Kind == wire.RecordData {
		key = &l.dataIn
	}
	plain, err := key.open(b[:wire.RecordHeader], r)
	if err != nil {
		return err
	}
	if r.Kind == wire.RecordData {
		l.received.Add(int64(len(plain)))
		select {
		case l.unsaid <- struct{}{}:
		default:
		}
		return l.session.takeData(l.traits.Kind, plain)
	}
	m, err := wire.ParseControl(plain)
	if err != nil {
		return err
	}
	var path time.Duration
	if c, ok := l.carrier.(lane.RoundTripper); ok {
		path = c.RoundTrip()
	}
	l.pace.report(int64(min(m.Data, math.MaxInt64)), path, l.session.age())
	return l.session.takeControl(m)
}

// watch ends the lane when it is silent. It never waits for a write, which may
// be what the silence is about.
func (l *Lane) watch() {
	tick := time.NewTicker(heartbeat / 4)
	defer tick.Stop()
	for {
		select {
		case <-l.done:
			return
		case <-tick.C:
		}
		now := l.session.age()
		if int64(now)-l.lastRead.Load() > int64(l.session.silence()) {
			l.fail(errSilent)
			return
		}
		if l.pace.stuck(now) > laneStuck {
			l.fail(errStuck)
			return
		}
	}
}

// beat reports what has arrived, and sends something when nothing else was sent
// for a while.
func (l *Lane) beat() {
	tick := time.NewTicker(heartbeat / 4)
	defer tick.Stop()
	gather := time.NewTimer(time.Hour)
	defer gather.Stop()
	unsaid := l.unsaid
	for {
		select {
		case <-l.done:
			return
		case <-tick.C:
			if int64(l.session.age())-l.lastWrite.Load() < int64(heartbeat) {
				continue
			}
		case <-unsaid:
			unsaid = nil // until the report is out
			gather.Reset(reportDelay)
			continue
		case <-gather.C:
			unsaid = l.unsaid
		}
		_ = l.sendControl(wire.Control{Ack: l.session.received()})
	}
}

// sendControl sends a control record with the report that belongs to this lane.
func (l *Lane) sendControl(c wire.Control) error {
	c.Data = uint64(l.received.Load())
	return l.send(&l.controlOut, c.Append(nil))
}
