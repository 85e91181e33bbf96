package partial

import (
	"encoding/binary"

	"github.com/tallow-transfer/tallow/internal/disk/journal"
)

// FolderNote is the note of a folder that gets its mode and time at the end.
//
//	ours u8 | mode u16 | mtime i64 | path
type FolderNote struct {
	Ours  bool // this transfer made the folder; else mode and time stay as they are
	Mode  uint16
	MTime int64 // nanoseconds since 1970
	Path  string
}

// LinkNote is the note of a symlink that is made at the end.
//
//	replace u8 | mtime i64 | path length u16 | path | target
type LinkNote struct {
	Replace bool // replace what is at Path
	MTime   int64
	Path    string
	Target  string
}

// Append appends the note to b.
func (n FolderNote) Append(b []byte) []byte {
	b = append(b, flag(n.Ours))
	b = binary.BigEndian.AppendUint16(b, n.Mode)
	b = binary.BigEndian.AppendUint64(b, uint64(n.MTime))
	return append(b, n.Path...)
}

// ParseFolderNote parses a note. The error is journal.ErrTampered.
func ParseFolderNote(b []byte) (FolderNote, error) {
	if len(b) < 1+2+8 {
		return FolderNote{}, journal.ErrTampered
	}
	return FolderNote{
		Ours:  b[0] != 0,
		Mode:  binary.BigEndian.Uint16(b[1:]),
		MTime: int64(binary.BigEndian.Uint64(b[3:])),
		Path:  string(b[11:]),
	}, nil
}

// Append appends the note to b.
func (n LinkNote) Append(b []byte) []byte {
	b = append(b, flag(n.Replace))
	b = binary.BigEndian.AppendUint64(b, uint64(n.MTime))
	b = binary.BigEndian.AppendUint16(b, uint16(len(n.Path)))
	return append(append(b, n.Path...), n.Target...)
}

// ParseLinkNote parses a note. The error is journal.ErrTampered.
func ParseLinkNote(b []byte) (LinkNote, error) {
	if len(b) < 1+8+2 {
		return LinkNote{}, journal.ErrTampered
	}
	n := int(binary.BigEndian.Uint16(b[9:]))
	if len(b) < 11+n {
		return LinkNote{}, journal.ErrTampered
	}
	return LinkNote{
		Replace: b[0] != 0,
		MTime:   int64(binary.BigEndian.Uint64(b[1:])),
		Path:    string(b[11 : 11+n]),
		Target:  string(b[11+n:]),
	}, nil
}

func flag(v bool) byte {
	if v {
		return 1
	}
	return 0
}
