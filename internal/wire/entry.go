package wire

import (
	"encoding/binary"
	"fmt"
	"unicode/utf8"
)

// Kind says what an entry of the manifest is.
type Kind uint8

// The kinds of entries. A stream is a file whose size is known only at its end,
// such as standard input.
const (
	KindFile    Kind = 1
	KindDir     Kind = 2
	KindSymlink Kind = 3
	KindStream  Kind = 4
)

func (k Kind) String() string {
	switch k {
	case KindFile:
		return "file"
	case KindDir:
		return "folder"
	case KindSymlink:
		return "symlink"
	case KindStream:
		return "stream"
	}
	return fmt.Sprintf("kind %d", uint8(k))
}

// Limits of an entry, in bytes.
const (
	MaxPath   = 4096
	MaxTarget = 4096
)

// Entry is one file, folder or symlink of the manifest.
//
//	kind u8 | mode u16 | mtime i64 | size u64 | path str16 | target str16
//
// Path is relative, with "/" between its elements, and begins with the name of
// the path that was sent. It comes from the peer: the parser only checks that it is
// UTF-8 of 1 to MaxPath bytes, and package disk checks it before use. The parser
// refuses a Size or Target that the Kind cannot have.
type Entry struct {
	Kind   Kind
	Mode   uint16 // permission bits, at most 0o7777
	MTime  int64  // nanoseconds since 1970 UTC; may be negative
	Size   int64  // bytes, at most MaxFileSize; 0 unless Kind is KindFile
	Path   string
	Target string // of a symlink, as it is stored in it, not empty; otherwise empty
}

const entryMin = 1 + 2 + 8 + 8 + 2 + 2

// EncodedLen is the number of bytes that Append adds.
func (e Entry) EncodedLen() int { return entryMin + len(e.Path) + len(e.Target) }

// Append appends the entry's bytes to b.
func (e Entry) Append(b []byte) []byte {
	b = append(b, byte(e.Kind))
	b = binary.BigEndian.AppendUint16(b, e.Mode)
	b = binary.BigEndian.AppendUint64(b, uint64(e.MTime))
	b = binary.BigEndian.AppendUint64(b, uint64(e.Size))
	b = appendBytes16(b, e.Path)
	return appendBytes16(b, e.Target)
}

func (c *cursor) entry() Entry {
	e := Entry{
		Kind:   Kind(c.u8()),
		Mode:   c.u16(),
		MTime:  int64(c.u64()),
		Size:   c.i64(),
		Path:   string(c.bytes16(MaxPath)),
		Target: string(c.bytes16(MaxTarget)),
	}
	switch {
	case c.err != nil:
	case e.Kind < KindFile || e.Kind > KindStream:
		c.fail("%v", e.Kind)
	case e.Mode > 0o7777:
		c.fail("mode %o", e.Mode)
	case e.Size != 0 && e.Kind != KindFile:
		c.fail("a %v with a size", e.Kind)
	case e.Size > MaxFileSize:
		c.fail("a file of %d bytes", e.Size)
	case e.Path == "" || !utf8.ValidString(e.Path):
		c.fail("a path that is empty or not UTF-8")
	case (e.Target != "") != (e.Kind == KindSymlink):
		c.fail("a %v and a symlink's target do not go together", e.Kind)
	}
	return e
}
