// Package manifest translates between the entries of package files and those of a
// manifest, on the wire and in a container. It is the only place that does so.
// Start with [ToWire] and [FromWire].
package manifest

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"time"
	"unicode/utf8"

	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// Both packages have to mean the same by a block.
var _ [wire.BlockSize]struct{} = [files.BlockSize]struct{}{}

// The three special bits of a mode on the wire. They are those of POSIX, which
// fs.FileMode has elsewhere.
const (
	wireSetuid = 0o4000
	wireSetgid = 0o2000
	wireSticky = 0o1000
)

// ToWire converts an entry of a source. It returns an error, which says why the
// entry cannot be sent, if the protocol has no encoding for it.
func ToWire(e files.Entry) (wire.Entry, error) {
	kind, err := wireKind(e.Kind)
	switch {
	case err != nil:
		return wire.Entry{}, err
	case e.Path == "" || !utf8.ValidString(e.Path):
		return wire.Entry{}, errors.New("its path is empty or not UTF-8")
	case len(e.Path) > wire.MaxPath:
		return wire.Entry{}, fmt.Errorf("its path is longer than %d bytes", wire.MaxPath)
	case len(e.Target) > wire.MaxTarget:
		return wire.Entry{}, fmt.Errorf("its target is longer than %d bytes", wire.MaxTarget)
	case (e.Target != "") != (e.Kind == files.KindSymlink):
		return wire.Entry{}, errors.New("a symbolic link needs a target, and nothing else may have one")
	case e.Size < 0 || e.Size != 0 && e.Kind != files.KindFile:
		return wire.Entry{}, fmt.Errorf("a %v cannot have a size of %d", e.Kind, e.Size)
	case e.Size > wire.MaxFileSize:
		return wire.Entry{}, errors.New("it is larger than 4 PiB")
	}
	return wire.Entry{
		Kind:   kind,
		Mode:   wireMode(e.Mode),
		MTime:  wireTime(e.ModTime),
		Size:   e.Size,
		Path:   e.Path,
		Target: e.Target,
	}, nil
}

// FromWire converts an entry that the peer sent.
func FromWire(e wire.Entry) files.Entry {
	return files.Entry{
		Kind:    filesKind(e.Kind),
		Path:    e.Path,
		Mode:    filesMode(e.Mode),
		ModTime: time.Unix(0, e.MTime),
		Size:    e.Size,
		Target:  e.Target,
	}
}

func wireKind(k files.Kind) (wire.Kind, error) {
	switch k {
	case files.KindFile:
		return wire.KindFile, nil
	case files.KindDir:
		return wire.KindDir, nil
	case files.KindSymlink:
		return wire.KindSymlink, nil
	case files.KindStream:
		return wire.KindStream, nil
	}
	return 0, errors.New("it is of no known kind")
}

// filesKind returns 0 for a kind that does not exist; wire.ParseManifest
// returns none of those.
func filesKind(k wire.Kind) files.Kind {
	switch k {
	case wire.KindFile:
		return files.KindFile
	case wire.KindDir:
		return files.KindDir
	case wire.KindSymlink:
		return files.KindSymlink
	case wire.KindStream:
		return files.KindStream
	}
	return 0
}

func wireMode(m fs.FileMode) uint16 {
	w := uint16(m.Perm())
	if m&fs.ModeSetuid != 0 {
		w |= wireSetuid
	}
	if m&fs.ModeSetgid != 0 {
		w |= wireSetgid
	}
	if m&fs.ModeSticky != 0 {
		w |= wireSticky
	}
	return w
}

func filesMode(w uint16) fs.FileMode {
	m := fs.FileMode(w) & fs.ModePerm
	if w&wireSetuid != 0 {
		m |= fs.ModeSetuid
	}
	if w&wireSetgid != 0 {
		m |= fs.ModeSetgid
	}
	if w&wireSticky != 0 {
		m |= fs.ModeSticky
	}
	return m
}

// wireTime returns the nanoseconds since 1970. The zero Time, which means that a
// source knows no time, becomes 1970. Times beyond the range of 64 bits become
// the first or the last one in it, in the years 1677 and 2262.
func wireTime(t time.Time) int64 {
	switch {
	case t.IsZero():
		return 0
	case t.Before(time.Unix(0, math.MinInt64)):
		return math.MinInt64
	case t.After(time.Unix(0, math.MaxInt64)):
		return math.MaxInt64
	}
	return t.UnixNano()
}
