package transfer

import (
	"sync"

	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// maxPartial bounds the blocks that are being put together from records. Each
// lane sends one block at a time, so an honest sender stays far below.
const maxPartial = 64

// task is verified and written by a writer: blocks that arrived whole.
type task struct {
	segments []wire.Segment // whole blocks; their payloads are in buf
	buf      *[]byte
}

// assembler puts blocks together that came in several records.
type assembler struct {
	bufs *buffers

	mu   sync.Mutex
	open map[blockKey]*partialBlock
}

// partialBlock is a block of which some records have arrived.
type partialBlock struct {
	segment wire.Segment // as the first of them said; Payload unset
	buf     *[]byte
	parts   uint32 // a bit a record
}

func newAssembler() *assembler {
	return &assembler{bufs: newBuffers(0), open: make(map[blockKey]*partialBlock)}
}

// forget gives up the parts of a block that is there, or of all blocks of a file
// that is settled.
func (a *assembler) forget(which func(blockKey) bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for key, p := range a.open {
		if which(key) {
			delete(a.open, key)
			a.bufs.put(p.buf)
		}
	}
}

// takeData takes in the plaintext of one data record. A record that makes no
// sense ends the transfer, but not the session, which has to tell the sender so;
// what still comes then is dropped.
func (r *receiver) takeData(by wire.Lanes, plaintext []byte) error {
	if r.ctx.Err() != nil {
		return nil
	}
	payload, err := r.takeSegments(by, plaintext)
	if err != nil {
		r.cancel(err)
		return nil
	}
	r.limit.hold(r.ctx, payload)
	return nil
}

// takeSegments takes in the segments of a record, and counts their bytes of files.
func (r *receiver) takeSegments(by wire.Lanes, plaintext []byte) (payload int, err error) {
	var whole task
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
		payload += len(seg.Payload)
		r.o.Progress.sentBy(by).Add(int64(len(seg.Payload)))
		if in == nil {
			// Of a file that is settled: it came before by a lane that died, or
			// the file has failed. The sender's window needs to hear of it.
			r.acks.add(seg.File, seg.Block())
			continue
		}
		if err := in.check(seg); err != nil {
			return 0, err
		}
		if seg.Whole() {
			if whole.buf == nil {
				whole.buf = r.partial.bufs.get(wire.MaxPlaintext)
				*whole.buf = (*whole.buf)[:0]
			}
			start := len(*whole.buf)
			*whole.buf = append(*whole.buf, seg.Payload...)
			seg.Payload = (*whole.buf)[start:]
			whole.segments = append(whole.segments, seg)
			continue
		}
		if err := r.assemble(in, seg); err != nil {
			return 0, err
		}
	}
	if whole.buf == nil {
		return payload, nil
	}
	r.hand(whole)
	return payload, nil
}

// check holds a segment against what the manifest says of its file.
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

// assemble adds a part to its block and hands the block on when it is whole.
// Parts are cut at multiples of wire.MaxSegment. One of a block that another
// lane has brought over meanwhile is dropped.
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
	p.parts |= 1 << (seg.Start() / wire.MaxSegment)
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
	r.hand(task{segments: []wire.Segment{p.segment}, buf: p.buf})
	return nil
}

// hand gives a task to the writers. It does not wait unless the sender ignores
// the window; the lane then does.
func (r *receiver) hand(t task) {
	select {
	case r.tasks <- t:
	case <-r.ctx.Done():
	}
}
