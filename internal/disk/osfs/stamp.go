package osfs

import (
	"io/fs"
	"math"
	"time"
)

// Stamp tells whether a file is as it was: any write to the file changes its
// Stamp.
type Stamp struct {
	Size    int64
	ModTime time.Time
	Inode
}

// StampOf returns the Stamp of the file that info describes.
func StampOf(info fs.FileInfo) Stamp {
	return Stamp{Size: info.Size(), ModTime: info.ModTime(), Inode: InodeOf(info)}
}

// Equal reports whether the file is unchanged.
func (s Stamp) Equal(t Stamp) bool {
	return s.Size == t.Size && s.ModTime.Equal(t.ModTime) && s.Inode == t.Inode
}

// Nanoseconds returns t in nanoseconds since 1970, clamped to what 64 bits hold:
// the years 1678 to 2261.
func Nanoseconds(t time.Time) int64 {
	switch year := t.UTC().Year(); {
	case year < 1678:
		return math.MinInt64
	case year > 2261:
		return math.MaxInt64
	}
	return t.UnixNano()
}
