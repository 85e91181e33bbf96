package transfer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/tallow-transfer/tallow/internal/blockhash"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// packLimit is the size in bytes up to which a file shares a record with others.
const packLimit = 24 << 10

// haves are the hashes of the blocks that the other side has of one file.
type haves map[uint32]blockhash.Hash

func (s *sender) takeHave(m []byte) error {
	h, err := wire.ParseHave(m)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.mayHave(h) {
		return protocol("blocks of file %d, which is not being asked for", h.File)
	}
	if s.have[h.File] == nil {
		s.have[h.File] = make(haves, len(h.Hashes))
	}
	for i, hash := range h.Hashes {
		s.have[h.File][h.First+uint32(i)] = hash
	}
	return nil
}

// mayHave checks that the other side speaks of blocks that exist, of a file
// whose page it has not answered yet; s.mu is held.
func (s *sender) mayHave(h wire.Have) bool {
	for _, p := range s.asked {
		if h.File >= p.first && h.File < p.first+uint64(len(p.items)) {
			it := p.items[h.File-p.first]
			return it.Kind == wire.KindFile && uint64(h.First)+uint64(len(h.Hashes)) <= uint64(wire.Blocks(it.Size))
		}
	}
	return false
}

// read reads the wanted files of every page, in the manifest's order.
func (s *sender) read(ctx context.Context) error {
	r := &reader{sender: s}
	for {
		p, err := s.nextPage(ctx)
		if err != nil {
			return err
		}
		if p == nil {
			break
		}
		for i, it := range p.items {
			number := p.first + uint64(i)
			if reason, skip := p.skips[number]; skip {
				s.failed(it.Path, wire.OutcomeSkipped, reason)
				continue
			}
			if it.Kind != wire.KindFile && it.Kind != wire.KindStream {
				continue
			}
			if err := r.file(ctx, number, it); err != nil {
				return err
			}
		}
		r.flush()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.allRead = true
	s.finishIfDone()
	return nil
}

// nextPage waits for the next page and for the answer to it; nil after the last.
func (s *sender) nextPage(ctx context.Context) (*page, error) {
	select {
	case p := <-s.pages:
		if p == nil {
			return nil, nil
		}
		select {
		case <-p.answered:
			return p, nil
		case <-ctx.Done():
		}
	case <-ctx.Done():
	}
	return nil, context.Cause(ctx)
}

// reader is read's own state: the record of small files that is being filled.
type reader struct {
	*sender
	pack *unit
}

// file reads one file and queues what the other side does not have of it. An
// error is the transfer's; one of the file alone becomes its End.
func (r *reader) file(ctx context.Context, number uint64, it Item) error {
	if err := r.files.acquire(ctx, 1); err != nil {
		return err
	}
	r.mu.Lock()
	r.wanted[number] = &outgoing{path: it.Path}
	have := r.have[number]
	r.mu.Unlock()

	f, err := it.Open()
	if err != nil {
		return r.ended(wire.FileEnd{File: number, Outcome: wire.OutcomeUnreadable, Reason: plain(err)})
	}
	defer f.Close()
	defer context.AfterFunc(ctx, func() { _ = f.Close() })() // a read of a terminal or pipe may never end by itself
	end := wire.FileEnd{File: number}
	var tree blockhash.Tree
	end.Size, err = r.blocksOf(ctx, number, it, f, have, &tree)
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.Is(err, errUnwanted):
		return nil
	case errors.Is(err, errShort):
		end.Outcome, end.Reason = wire.OutcomeChanged, plain(err)
	case err != nil:
		end.Outcome, end.Reason = wire.OutcomeUnreadable, plain(err)
	default:
		if err := f.Changed(); err != nil {
			end.Outcome, end.Reason = wire.OutcomeChanged, plain(err)
		} else {
			end.Root = tree.Root()
		}
	}
	return r.ended(end)
}

// plain is an error's text without this machine's path, for the other side.
func plain(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return err.Error()
}

// errUnwanted: the other side has given the file up.
var errUnwanted = errors.New("it is not wanted any more")

func (s *sender) isWanted(number uint64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.wanted[number] != nil
}

var errShort = errors.New("it became shorter while it was read")

// blocksOf reads a file's blocks in order and returns the file's size.
func (r *reader) blocksOf(ctx context.Context, number uint64, it Item, f SourceFile, have haves, tree *blockhash.Tree) (int64, error) {
	if it.Kind == wire.KindFile && it.Size <= packLimit {
		return it.Size, r.small(ctx, number, it, f, have, tree)
	}
	var off int64
	for index := uint32(0); it.Kind == wire.KindStream || off < it.Size; index++ {
		want := int64(wire.BlockSize)
		if it.Kind == wire.KindFile {
			want = min(want, it.Size-off)
		}
		buf, err := r.lend(ctx, int(want))
		if err != nil {
			return off, err
		}
		if !r.isWanted(number) {
			r.giveBack(buf)
			return off, errUnwanted
		}
		n, err := f.ReadAt((*buf)[:want], off)
		short := int64(n) < want
		if short && err == io.EOF && it.Kind == wire.KindFile {
			err = errShort
		}
		if n == 0 || short && err != io.EOF {
			r.giveBack(buf)
			if err == io.EOF {
				return off, nil
			}
			return off, err
		}
		r.block(number, index, off, buf, n, have, tree)
		off += int64(n)
		if short {
			return off, nil
		}
	}
	return off, nil
}

// lend waits until the window has room for n bytes and gives a buffer for them.
func (r *reader) lend(ctx context.Context, n int) (*[]byte, error) {
	if err := r.bytes.acquire(ctx, sizeFor(n)); err != nil {
		return nil, err
	}
	return r.bufs.get(n), nil
}

// giveBack undoes lend.
func (r *reader) giveBack(buf *[]byte) {
	n := int64(cap(*buf))
	r.bufs.put(buf)
	r.bytes.release(n)
}

// block hashes a block and queues it, or says that the other side has it.
func (r *reader) block(number uint64, index uint32, off int64, buf *[]byte, n int, have haves, tree *blockhash.Tree) {
	data := (*buf)[:n]
	b := blockhash.Sum(index, data)
	tree.Set(index, b)
	if hash, ok := have[index]; ok && hash == b.Hash {
		r.giveBack(buf)
		r.same(number, index, n)
		return
	}
	r.queue.push(&unit{
		block:  wire.Segment{File: number, Offset: off, BlockLen: uint32(n), Hash: b.Hash, Payload: data},
		buf:    buf,
		blocks: []blockSize{{blockKey{number, index}, int64(n)}},
	})
}

// small reads a small file into the open pack.
func (r *reader) small(ctx context.Context, number uint64, it Item, f SourceFile, have haves, tree *blockhash.Tree) error {
	if it.Size == 0 {
		return nil
	}
	n := wire.SegmentHeader + int(it.Size)
	if r.pack != nil && len(r.pack.packed)+n > wire.MaxPlaintext {
		r.flush()
	}
	if r.pack == nil {
		buf, err := r.lend(ctx, wire.MaxPlaintext)
		if err != nil {
			return err
		}
		r.pack = &unit{buf: buf, packed: (*buf)[:0]}
	}
	start := len(r.pack.packed)
	data := r.pack.packed[start+wire.SegmentHeader : start+n]
	if got, err := f.ReadAt(data, 0); got < len(data) {
		if err == io.EOF {
			err = errShort
		}
		return err
	}
	b := blockhash.Sum(0, data)
	tree.Set(0, b)
	if hash, ok := have[0]; ok && hash == b.Hash {
		r.same(number, 0, len(data))
		return nil
	}
	seg := wire.Segment{File: number, BlockLen: uint32(len(data)), Hash: b.Hash}
	seg.AppendHeader(r.pack.packed, len(data))
	r.pack.packed = r.pack.packed[:start+n]
	r.pack.packedPayload += int64(len(data))
	r.pack.blocks = append(r.pack.blocks, blockSize{blockKey{number, 0}, it.Size})
	return nil
}

// flush queues the open pack.
func (r *reader) flush() {
	switch p := r.pack; {
	case p == nil:
	case len(p.blocks) == 0:
		r.giveBack(p.buf)
	default:
		r.queue.push(p)
	}
	r.pack = nil
}

// ended notes how reading a file ended and has the other side told.
func (r *reader) ended(end wire.FileEnd) error {
	r.mu.Lock()
	out := r.wanted[end.File]
	if out != nil { // else the other side has given the file up already
		out.end = &end
	}
	r.mu.Unlock()
	if out != nil && end.Outcome != wire.OutcomeOK {
		r.failed(out.path, end.Outcome, fmt.Sprintf("%v: %s", end.Outcome, end.Reason))
	}
	r.ends.addEnd(end)
	return nil
}
