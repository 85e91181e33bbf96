package transfer

import (
	"sync"
	"sync/atomic"

	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// maxPartial bounds the blocks that are being assembled from records. Each lane
// sends one block at a time, so that an honest sender stays far below it.
const maxPartial = 64

// task is work for a writer: complete blocks, to be verified and written.
type task struct {
	segments []wire.Segment // complete blocks; their payloads are in buf
	buf      *[]byte
}

// assembler puts together the blocks that come in several records.
type assembler struct {
	bufs    *buffers
	arrived atomic.Int64 // bytes of blocks that are incomplete, or wait for a writer

	mu   sync.Mutex
	open map[blockKey]*partialBlock
}

// partialBlock is a block of which some parts have arrived.
type partialBlock struct {
	segment wire.Segment // describes the block, as the first part did; Payload is not set
	buf     *[]byte
	parts   uint32 // one bit for each part that has arrived
	bytes   int64  // of these parts
}

func newAssembler() *assembler {
	return &assembler{bufs: newBuffers(0), open: make(map[blockKey]*partialBlock)}
}

// drop drops the parts of the blocks that match: a block that has arrived another
// way, or every block of a settled file.
func (a *assembler) drop(match func(blockKey) bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for key, p := range a.open {
		if match(key) {
			delete(a.open, key)
			a.arrived.Add(-p.bytes)
			a.bufs.put(p.buf)
		}
	}
}

// handleData handles the plaintext of one data record. A malformed record ends
// the transfer but not the session, on which the sender is then told. Records
// that still arrive after that are dropped.
func (r *receiver) handleData(by wire.Lanes, plaintext []byte) error {
	if r.ctx.Err() != nil {
		return nil
	}
	payload, err := r.handleSegments(by, plaintext)
	if err != nil {
		r.cancel(err)
		return nil
	}
	r.limit.delay(r.ctx, payload)
	return nil
}

// handleSegments handles the segments of a record. It returns how many bytes of
// files they have.
func (r *receiver) handleSegments(by wire.Lanes, plaintext []byte) (payload int, err error) {
	var complete task
	var expanded *[]byte // what the last compressed segment expands to
	for rest := plaintext; len(rest) > 0; {
		seg, next, err := wire.NextSegment(rest)
		if err != nil {
			return 0, err
		}
		rest = next
		in, err := r.lookup(seg.File)
		if err != nil {
			return 0, err
		}
		if seg.Compressed {
			if !r.expands.Load() {
				return 0, protocol("a compressed segment that was not agreed on")
			}
			if expanded == nil {
				expanded = r.partial.bufs.get(wire.MaxSegment)
				defer r.partial.bufs.put(expanded)
			}
			if seg, err = r.expander.expand(seg, *expanded); err != nil {
				return 0, err
			}
		}
		payload += len(seg.Payload)
		r.o.Progress.sentBy(by).Add(int64(len(seg.Payload)))
		if in == nil {
			// The file is settled: the segment arrived before on a lane that
			// died, or the file has failed. Without an acknowledgement the
			// sender's window would not open again.
			r.acks.add(seg.File, seg.Block())
			continue
		}
		if err := in.check(seg); err != nil {
			return 0, err
		}
		if seg.Whole() {
			if complete.buf == nil {
				complete.buf = r.partial.bufs.get(wire.MaxPlaintext)
				*complete.buf = (*complete.buf)[:0]
			}
			start := len(*complete.buf)
			*complete.buf = append(*complete.buf, seg.Payload...)
			seg.Payload = (*complete.buf)[start:]
			complete.segments = append(complete.segments, seg)
			r.partial.arrived.Add(int64(len(seg.Payload)))
			continue
		}
		if err := r.assemble(in, seg); err != nil {
			return 0, err
		}
	}
	if complete.buf == nil {
		return payload, nil
	}
	r.enqueue(complete)
	return payload, nil
}

// check compares a segment with what the manifest says about its file.
func (in *incoming) check(seg wire.Segment) error {
	switch block := seg.Block(); in.entry.Kind {
	case files.KindFile:
		if block >= wire.Blocks(in.entry.Size) {
			return protocol("block %d of a file of %d bytes", block, in.entry.Size)
		}
		if want := min(in.entry.Size-int64(block)*wire.BlockSize, wire.BlockSize); int64(seg.BlockLen) != want {
			return protocol("block %d of a file of %d bytes has %d bytes", block, in.entry.Size, seg.BlockLen)
		}
	default:
		in.mu.Lock()
		defer in.mu.Unlock()
		if uint64(block) > uint64(in.count)+2*maxPartial {
			return protocol("block %d of a stream of which %d have arrived", block, in.count)
		}
	}
	return nil
}

// assemble adds a part to its block, and passes the block on when it is complete.
// Parts begin at multiples of wire.MaxSegment. A part is dropped if its block has
// meanwhile arrived on another lane.
func (r *receiver) assemble(in *incoming, seg wire.Segment) error {
	want := min(int(seg.BlockLen)-seg.Start(), wire.MaxSegment)
	if seg.Start()%wire.MaxSegment != 0 || len(seg.Payload) != want {
		return protocol("%d bytes at %d of a block of %d", len(seg.Payload), seg.Start(), seg.BlockLen)
	}
	a := r.partial
	key := blockKey{seg.File, seg.Block()}
	a.mu.Lock()
	p := a.open[key]
	if p == nil {
		if in.has(key.block) {
			a.mu.Unlock()
			return nil
		}
		if len(a.open) >= maxPartial {
			a.mu.Unlock()
			return protocol("more than %d blocks at once", maxPartial)
		}
		p = &partialBlock{segment: seg, buf: a.bufs.get(int(seg.BlockLen))}
		p.segment.Offset -= int64(seg.Start())
		a.open[key] = p
	}
	if p.segment.BlockLen != seg.BlockLen || p.segment.Hash != seg.Hash {
		a.mu.Unlock()
		return protocol("two versions of block %d of file %d", key.block, key.file)
	}
	copy((*p.buf)[seg.Start():], seg.Payload)
	if bit := uint32(1) << (seg.Start() / wire.MaxSegment); p.parts&bit == 0 {
		p.parts |= bit
		p.bytes += int64(len(seg.Payload))
		a.arrived.Add(int64(len(seg.Payload)))
	}
	parts := (int(seg.BlockLen) + wire.MaxSegment - 1) / wire.MaxSegment
	done := p.parts == 1<<parts-1
	if done {
		delete(a.open, key)
	}
	a.mu.Unlock()
	if !done {
		return nil
	}
	p.segment.Payload = (*p.buf)[:seg.BlockLen]
	r.enqueue(task{segments: []wire.Segment{p.segment}, buf: p.buf})
	return nil
}

// enqueue gives a task to the writers. It blocks, and with it the lane, only if the
// sender ignores the window.
func (r *receiver) enqueue(t task) {
	if r.unwritten.acquire(r.ctx, int64(cap(*t.buf))) != nil {
		return
	}
	select {
	case r.tasks <- t:
	case <-r.ctx.Done():
	}
}
