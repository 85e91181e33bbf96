package transfer

import (
	"context"
	"io"

	"github.com/tallow-transfer/tallow/internal/blockhash"
	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// packLimit is the size, in bytes, up to which a file shares a record with others.
const packLimit = 24 << 10

// packFiles bounds the number of files in a record, so that many empty files are
// distributed to several workers too.
const packFiles = 256

// pack is the small files that share one record.
type pack struct {
	files []smallFile
	bytes int // size of the record's plaintext
}

type smallFile struct {
	number uint64
	item   files.Item
}

// small adds a small file to the open pack. The error is ctx's cause.
func (r *reader) small(ctx context.Context, number uint64, it files.Item) error {
	n := 0
	if it.Size > 0 {
		n = wire.SegmentHeader + int(it.Size)
	}
	if p := r.pack; p != nil && (p.bytes+n > wire.MaxPlaintext || len(p.files) == packFiles) {
		if err := r.flush(ctx); err != nil {
			return err
		}
	}
	if err := r.begin(ctx, number, it); err != nil {
		return err
	}
	if r.pack == nil {
		r.pack = &pack{}
	}
	r.pack.files = append(r.pack.files, smallFile{number, it})
	r.pack.bytes += n
	return nil
}

// flush gives the open pack to a worker. The error is ctx's cause.
func (r *reader) flush(ctx context.Context) error {
	p := r.pack
	if p == nil {
		return nil
	}
	r.pack = nil
	u := &unit{}
	if p.bytes > 0 {
		buf, err := r.getBuffer(ctx, p.bytes)
		if err != nil {
			return err
		}
		u.buf, u.packed = buf, (*buf)[:0]
	}
	return r.do(ctx, func(ctx context.Context) { r.fill(ctx, u, p.files) })
}

// fill reads small files into a unit, and queues it unless the peer has them all.
func (s *sender) fill(ctx context.Context, u *unit, files []smallFile) {
	for _, f := range files {
		if ctx.Err() != nil {
			return
		}
		s.endFile(s.smallFile(ctx, u, f))
	}
	switch {
	case len(u.blocks) > 0:
		s.queue.push(u)
	case u.buf != nil:
		s.returnBuffer(u.buf)
	}
}

// smallFile reads one small file, and adds it to a unit unless the peer has it.
func (s *sender) smallFile(ctx context.Context, u *unit, f smallFile) wire.FileEnd {
	in, err := f.item.Open()
	if err != nil {
		return endFailed(f.number, err)
	}
	defer in.Close()
	defer context.AfterFunc(ctx, func() { _ = in.Close() })()
	var tree blockhash.Tree
	if size := int(f.item.Size); size > 0 {
		start := len(u.packed)
		data := u.packed[start+wire.SegmentHeader : start+wire.SegmentHeader+size]
		if got, err := in.ReadAt(data, 0); got < size {
			if err == io.EOF {
				err = errShort
			}
			return endFailed(f.number, err)
		}
		b := blockhash.Sum(0, data)
		tree.Set(0, b)
		if hash, ok := s.peerHas(f.number)[0]; ok && hash == b.Hash {
			s.same(f.number, 0, size)
		} else {
			seg := wire.Segment{File: f.number, BlockLen: uint32(size), Hash: b.Hash}
			seg.AppendHeader(u.packed, size)
			u.packed = u.packed[:start+wire.SegmentHeader+size]
			u.packedPayload += int64(size)
			u.blocks = append(u.blocks, blockSize{blockKey{f.number, 0}, int64(size)})
		}
	}
	if err := checkEnd(in, f.item.Size); err != nil {
		return endFailed(f.number, err)
	}
	return endRead(f.number, in, f.item.Size, tree.Root())
}
