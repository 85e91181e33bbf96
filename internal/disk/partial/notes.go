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
//	replace u8 | mtime i64 | name | taken | path | target
//
// where each but the last of the strings has its length before it, u16.
type LinkNote struct {
	Replace bool // replace what is at Path
	MTime   int64
	Name    string // its path as it was sent
	Taken   string // where it belongs; it goes elsewhere if that is taken
	Path    string // where it goes
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
	for _, s := range []string{n.Name, n.Taken, n.Path} {
		b = binary.BigEndian.AppendUint16(b, uint16(len(s)))
		b = append(b, s...)
	}
	return append(b, n.Target...)
}

// ParseLinkNote parses a note. The error is journal.ErrTampered.
func ParseLinkNote(b []byte) (LinkNote, error) {
	if len(b) < 1+8 {
		return LinkNote{}, journal.ErrTampered
	}
	n := LinkNote{Replace: b[0] != 0, MTime: int64(binary.BigEndian.Uint64(b[1:]))}
	b = b[1+8:]
	for _, s := range []*string{&n.Name, &n.Taken, &n.Path} {
		if len(b) < 2 || len(b)-2 < int(binary.BigEndian.Uint16(b)) {
			return LinkNote{}, journal.ErrTampered
		}
		end := 2 + int(binary.BigEndian.Uint16(b))
		*s, b = string(b[2:end]), b[end:]
	}
	n.Target = string(b)
	return n, nil
}

func flag(v bool) byte {
	if v {
		return 1
	}
	return 0
}
