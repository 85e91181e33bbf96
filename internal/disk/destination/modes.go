package destination

import (
	"io/fs"

	"github.com/tallow-transfer/tallow/pkg/files"
)

// modes decides which mode a file or folder that arrives gets.
type modes struct {
	preserve bool        // keep the permissions of the sender as they are
	umask    fs.FileMode // the permissions that new files do not get here
}

// of returns the mode of an entry: the permissions of the sender without those of
// the umask, as cp does it. The setuid and setgid bits are never taken over.
//
// A stream has no mode of its own, so the umask applies to it in any case. A folder
// keeps its sticky bit if others may write there: without it they could remove each
// other's files. No other folder and no file needs it.
func (m modes) of(kind files.Kind, mode fs.FileMode) fs.FileMode {
	perm := mode.Perm()
	if !m.preserve || kind == files.KindStream {
		perm &^= m.umask
	}
	if kind == files.KindDir && mode&fs.ModeSticky != 0 && (m.preserve || perm&0o022 != 0) {
		perm |= fs.ModeSticky
	}
	return perm
}

// inUse returns the permissions of a folder while files are put into it. Until it
// has its sticky bit, only its owner may write there.
func inUse(mode fs.FileMode) fs.FileMode {
	if mode&fs.ModeSticky != 0 {
		mode &^= 0o022
	}
	return mode.Perm() | 0o700
}

// stickyNote is the sticky bit in a partial.FolderNote.
const stickyNote = 0o1000

// noteMode returns a mode as it is noted until the end.
func noteMode(m fs.FileMode) uint16 {
	n := uint16(m.Perm())
	if m&fs.ModeSticky != 0 {
		n |= stickyNote
	}
	return n
}

// notedMode is the reverse of noteMode.
func notedMode(n uint16) fs.FileMode {
	m := fs.FileMode(n).Perm()
	if n&stickyNote != 0 {
		m |= fs.ModeSticky
	}
	return m
}
