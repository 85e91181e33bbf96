package transfer

import (
	"context"
	"errors"
	"io"

	"github.com/tallow-transfer/tallow/internal/blockhash"
	"github.com/tallow-transfer/tallow/internal/manifest"
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
	have := s.peerHasOf(files)
	ends := make([]wire.FileEnd, 0, len(files))
	for _, f := range files {
		if ctx.Err() != nil {
			return
		}
		ends = append(ends, s.smallFile(ctx, u, f, have[f.number]))
	}
	switch {
	case len(u.blocks) > 0:
		s.queue.push(u)
	case u.buf != nil:
		s.returnBuffer(u.buf)
	}
	s.endFiles(ends...)
}

// peerHasOf returns the blocks that the peer has of files, by their numbers.
func (s *sender) peerHasOf(files []smallFile) (have map[uint64]blockHashes) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.have) == 0 {
		return nil
	}
	have = make(map[uint64]blockHashes)
	for _, f := range files {
		if blocks := s.have[f.number]; blocks != nil {
			have[f.number] = blocks
		}
	}
	return have
}

// smallFile reads one small file, and adds it to a unit unless the peer has it.
func (s *sender) smallFile(ctx context.Context, u *unit, f smallFile, have blockHashes) wire.FileEnd {
	size := int(f.item.Size)
	start := len(u.packed)
	var p []byte
	if size > 0 {
		// One byte more than the file has shows that it has grown. The buffer has it: a record is
		// longer than its plaintext.
		p = u.packed[start+wire.SegmentHeader : start+wire.SegmentHeader+size+1]
	} else {
		p = make([]byte, 1)
	}
	n, changed, err := readSmall(ctx, f.item, p)
	switch {
	case err != nil && !changed:
		return endFailed(f.number, err)
	case n < size:
		return endFailed(f.number, errShort)
	case n > size:
		return endFailed(f.number, errGrew)
	case changed:
		return wire.FileEnd{File: f.number, Outcome: wire.OutcomeChanged, Reason: manifest.ReasonText(err)}
	}
	var tree blockhash.Tree
	if size > 0 {
		b := blockhash.Sum(0, p[:size])
		tree.Set(0, b)
		if hash, ok := have[0]; ok && hash == b.Hash {
			s.same(f.number, 0, size)
		} else {
			seg := wire.Segment{File: f.number, BlockLen: uint32(size), Hash: b.Hash}
			seg.AppendHeader(u.packed, size)
			u.packed = u.packed[:start+wire.SegmentHeader+size]
			u.packedPayload += int64(size)
			u.blocks = append(u.blocks, blockSize{blockKey{f.number, 0}, int64(size)})
		}
	}
	return wire.FileEnd{File: f.number, Size: int64(size), Root: tree.Root()}
}

// readSmall reads a small file into p until it ends or p is full. changed says that the
// error is that the file is not what was listed.
func readSmall(ctx context.Context, it files.Item, p []byte) (n int, changed bool, err error) {
	if it.Read != nil {
		n, err = it.Read(p)
		return n, errors.Is(err, files.ErrChanged), err
	}
	in, err := it.Open()
	if err != nil {
		return 0, false, err
	}
	defer in.Close()
	defer context.AfterFunc(ctx, func() { _ = in.Close() })()
	n, err = in.ReadAt(p, 0)
	if err != nil && err != io.EOF {
		return n, false, err
	}
	err = in.Changed()
	return n, err != nil, err
}
