package files

import (
	"io/fs"
	"time"
)

// Kind says what an Entry is.
type Kind uint8

// The kinds of entries.
const (
	KindFile    Kind = iota + 1 // a regular file of a known size
	KindDir                     // a folder
	KindSymlink                 // a symbolic link
	KindStream                  // a file whose size is known only at its end, such as standard input
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
	return "unknown"
}

// Entry is one file, folder, symbolic link or stream of a transfer.
type Entry struct {
	Kind    Kind
	Path    string      // relative, separated by "/", UTF-8; its first element is one of Source.Names
	Mode    fs.FileMode // permission bits, and the setuid, setgid and sticky bits
	ModTime time.Time   // to the nanosecond, in the years 1678 to 2261; the zero Time is sent as 1970
	Size    int64       // bytes; 0 unless Kind is KindFile
	Target  string      // what a symbolic link points to, as it is stored; else empty
}
