package partial

import (
	"bufio"
	"context"
	"encoding/binary"
	"io"
	"os"

	"github.com/tallow-transfer/tallow/internal/descriptors"
)

// Spool is a list of notes on the disk, for what is left to do at the end of a
// transfer, which may be too much for memory. It can be read in both directions.
//
//	length u16 | note | length u16
type Spool struct {
	f   *os.File
	w   *bufio.Writer
	end int64
}

// NewSpool makes an empty spool in the folder root. If no descriptor is left, it waits
// for one until ctx ends.
func NewSpool(ctx context.Context, root *os.Root, name string) (*Spool, error) {
	f, err := descriptors.Open(ctx, func() (*os.File, error) { return root.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600) })
	if err != nil {
		return nil, err
	}
	return &Spool{f: f, w: bufio.NewWriterSize(f, 16<<10)}, nil
}

// Add appends a note of at most 65,535 bytes.
func (s *Spool) Add(note []byte) error {
	length := binary.BigEndian.AppendUint16(nil, uint16(len(note)))
	for _, b := range [...][]byte{length, note, length} {
		if _, err := s.w.Write(b); err != nil {
			return err
		}
	}
	s.end += int64(2 + len(note) + 2)
	return nil
}

// Forward calls visit with every note, the first one first.
func (s *Spool) Forward(visit func(note []byte) error) error {
	if err := s.w.Flush(); err != nil {
		return err
	}
	r := bufio.NewReader(io.NewSectionReader(s.f, 0, s.end))
	for at := int64(0); at < s.end; {
		var length [2]byte
		if _, err := io.ReadFull(r, length[:]); err != nil {
			return err
		}
		note := make([]byte, binary.BigEndian.Uint16(length[:]))
		if _, err := io.ReadFull(r, note); err != nil {
			return err
		}
		if _, err := r.Discard(2); err != nil {
			return err
		}
		if err := visit(note); err != nil {
			return err
		}
		at += int64(2 + len(note) + 2)
	}
	return nil
}

// Backward calls visit with every note, the last one first.
func (s *Spool) Backward(visit func(note []byte) error) error {
	if err := s.w.Flush(); err != nil {
		return err
	}
	for at := s.end; at > 0; {
		var length [2]byte
		if _, err := s.f.ReadAt(length[:], at-2); err != nil {
			return err
		}
		note := make([]byte, binary.BigEndian.Uint16(length[:]))
		if _, err := s.f.ReadAt(note, at-2-int64(len(note))); err != nil {
			return err
		}
		if err := visit(note); err != nil {
			return err
		}
		at -= int64(2 + len(note) + 2)
	}
	return nil
}

// Close closes the spool. A nil Spool can be closed.
func (s *Spool) Close() error {
	if s == nil {
		return nil
	}
	return s.f.Close()
}
