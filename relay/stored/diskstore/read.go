package diskstore

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"

	"github.com/tallow-transfer/tallow/relay/stored"
)

// Read implements stored.Blobs.
func (b *Blobs) Read(ctx context.Context, r stored.Record, offset, n int64) (io.ReadCloser, error) {
	read := &reader{ctx: ctx, blobs: b, record: r, skip: offset, rest: n}
	if n > 0 {
		if err := read.next(); err != nil {
			return nil, err
		}
	}
	return read, nil
}

// reader reads a range of a transfer, part after part.
type reader struct {
	ctx    context.Context // of the request that reads
	blobs  *Blobs
	record stored.Record
	number int   // of the next part
	skip   int64 // bytes before the range, from the next part on
	rest   int64
	part   *os.File // nil if none is open
}

// Read reads from the range.
func (r *reader) Read(p []byte) (int, error) {
	for r.rest > 0 {
		if err := r.ctx.Err(); err != nil {
			return 0, err
		}
		if r.part == nil {
			if err := r.next(); err != nil {
				return 0, err
			}
		}
		n, err := r.part.Read(p[:min(int64(len(p)), r.rest)])
		r.rest -= int64(n)
		if errors.Is(err, io.EOF) {
			err = r.part.Close()
			r.part = nil
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
	return 0, io.EOF
}

// next opens the part in which the range goes on.
func (r *reader) next() error {
	for r.number < len(r.record.Parts) && r.skip >= r.record.Parts[r.number] {
		r.skip -= r.record.Parts[r.number]
		r.number++
	}
	if r.number == len(r.record.Parts) {
		return io.ErrUnexpectedEOF
	}
	part, err := os.Open(r.blobs.path(r.record.ID, r.number))
	if errors.Is(err, fs.ErrNotExist) {
		return stored.ErrUnknown
	}
	if err != nil {
		return err
	}
	if _, err := part.Seek(r.skip, io.SeekStart); err != nil {
		_ = part.Close()
		return err
	}
	r.part, r.skip = part, 0
	r.number++
	return nil
}

// Close closes the open part.
func (r *reader) Close() error {
	if r.part == nil {
		return nil
	}
	return r.part.Close()
}
