package disk

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"os"
)

// spool is a list on the disk: what Finish has to do, which may be too much for
// memory. It can be read in both directions.
//
//	length u16 | note | length u16
type spool struct {
	f   *os.File
	w   *bufio.Writer
	end int64
}

// newSpool makes an empty spool in the folder root.
func newSpool(root *os.Root, name string) (*spool, error) {
	f, err := root.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	return &spool{f: f, w: bufio.NewWriterSize(f, 16<<10)}, nil
}

// add appends a note.
func (s *spool) add(note []byte) error {
	length := binary.BigEndian.AppendUint16(nil, uint16(len(note)))
	for _, b := range [...][]byte{length, note, length} {
		if _, err := s.w.Write(b); err != nil {
			return err
		}
	}
	s.end += int64(2 + len(note) + 2)
	return nil
}

// forward calls visit with every note, the first one first.
func (s *spool) forward(visit func(note []byte) error) error {
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

// backward calls visit with every note, the last one first.
func (s *spool) backward(visit func(note []byte) error) error {
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

func (s *spool) close() error {
	if s == nil {
		return nil
	}
	return s.f.Close()
}

// folderNote is a folder of the manifest.
//
//	ours u8 | mode u16 | mtime i64 | path
type folderNote struct {
	ours  bool // this transfer made it; else its mode and time are not touched
	mode  uint16
	mtime int64
	path  string
}

// linkNote is a symlink of the manifest.
//
//	replace u8 | mtime i64 | path length u16 | path | target
type linkNote struct {
	replace bool // what is at path
	mtime   int64
	path    string
	target  string
}

// errTampered is for what only another program can have done.
var errTampered = errors.New("another program changed a file in tallow's own folder: receive again")

func (n folderNote) append(b []byte) []byte {
	b = append(b, flag(n.ours))
	b = binary.BigEndian.AppendUint16(b, n.mode)
	b = binary.BigEndian.AppendUint64(b, uint64(n.mtime))
	return append(b, n.path...)
}

func parseFolderNote(b []byte) (folderNote, error) {
	if len(b) < 1+2+8 {
		return folderNote{}, errTampered
	}
	return folderNote{
		ours:  b[0] != 0,
		mode:  binary.BigEndian.Uint16(b[1:]),
		mtime: int64(binary.BigEndian.Uint64(b[3:])),
		path:  string(b[11:]),
	}, nil
}

func (n linkNote) append(b []byte) []byte {
	b = append(b, flag(n.replace))
	b = binary.BigEndian.AppendUint64(b, uint64(n.mtime))
	b = binary.BigEndian.AppendUint16(b, uint16(len(n.path)))
	return append(append(b, n.path...), n.target...)
}

func parseLinkNote(b []byte) (linkNote, error) {
	if len(b) < 1+8+2 {
		return linkNote{}, errTampered
	}
	n := int(binary.BigEndian.Uint16(b[9:]))
	if len(b) < 11+n {
		return linkNote{}, errTampered
	}
	return linkNote{
		replace: b[0] != 0,
		mtime:   int64(binary.BigEndian.Uint64(b[1:])),
		path:    string(b[11 : 11+n]),
		target:  string(b[11+n:]),
	}, nil
}

func flag(v bool) byte {
	if v {
		return 1
	}
	return 0
}
