// Package sessiontest provides carriers for tests: both ends in one process, with
// whatever a bad network or relay does to the records between them. Start with
// Pipe.
package sessiontest

import (
	"errors"
	"io"
	"slices"
	"sync"

	"github.com/tallow-transfer/tallow/internal/lane"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// Tamper changes record number n, counted from 0, on its way. It returns the
// records that come out, in order, and may modify rec.
type Tamper func(n int, rec []byte) [][]byte

// Carrier is one end of a pipe.
type Carrier struct {
	traits  lane.Traits
	out, in *queue
	tamper  Tamper
	sent    int
}

// Traits returns plausible traits for a kind of lane: those of a carrier through
// the relay for wire.LaneRelay, and else those of a direct carrier.
func Traits(kind wire.Lanes) lane.Traits {
	return lane.Traits{Kind: kind, Direct: kind != wire.LaneRelay, Rank: int(kind)}
}

// Pipe returns the two ends of a carrier. It buffers at most depth records each
// way before a write blocks. The tampers, which may be nil, act on the records
// that a and b write.
func Pipe(depth int, traits lane.Traits, fromA, fromB Tamper) (a, b *Carrier) {
	ab, ba := newQueue(depth), newQueue(depth)
	return &Carrier{traits: traits, out: ab, in: ba, tamper: fromA}, &Carrier{traits: traits, out: ba, in: ab, tamper: fromB}
}

// ErrBroken is the error of a carrier after Cut.
var ErrBroken = errors.New("the pipe broke")

// Traits returns the traits that the pipe was made with.
func (c *Carrier) Traits() lane.Traits { return c.traits }

// WriteRecord sends a record.
func (c *Carrier) WriteRecord(rec []byte) error {
	recs := [][]byte{rec}
	if c.tamper != nil {
		recs = c.tamper(c.sent, slices.Clone(rec))
	}
	c.sent++
	for _, r := range recs {
		if err := c.out.put(slices.Clone(r)); err != nil {
			return err
		}
	}
	return nil
}

// ReadRecord reads the next record.
func (c *Carrier) ReadRecord(buf []byte) ([]byte, error) {
	rec, err := c.in.get()
	if err != nil {
		return nil, err
	}
	return buf[:copy(buf, rec)], nil
}

// Close closes both directions. The other end reads io.EOF once it has read
// everything that was sent.
func (c *Carrier) Close() error {
	c.out.close(io.EOF)
	c.in.close(io.ErrClosedPipe)
	return nil
}

// Cut breaks both directions at once. Records in flight are lost.
func (c *Carrier) Cut() {
	c.out.cut()
	c.in.cut()
}

// queue is one direction.
type queue struct {
	mu    sync.Mutex
	cond  *sync.Cond
	depth int
	recs  [][]byte
	err   error
}

func newQueue(depth int) *queue {
	q := &queue{depth: depth}
	q.cond = sync.NewCond(&q.mu)
	return q
}

func (q *queue) put(rec []byte) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.recs) >= q.depth && q.err == nil {
		q.cond.Wait()
	}
	if q.err != nil {
		return q.err
	}
	q.recs = append(q.recs, rec)
	q.cond.Broadcast()
	return nil
}

func (q *queue) get() ([]byte, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.recs) == 0 && q.err == nil {
		q.cond.Wait()
	}
	if len(q.recs) == 0 {
		return nil, q.err
	}
	rec := q.recs[0]
	q.recs = q.recs[1:]
	q.cond.Broadcast()
	return rec, nil
}

func (q *queue) close(err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.err == nil {
		q.err = err
		q.cond.Broadcast()
	}
}

func (q *queue) cut() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.recs, q.err = nil, ErrBroken
	q.cond.Broadcast()
}
