package partial

import (
	"context"
	"os"
	"time"

	"github.com/tallow-transfer/tallow/internal/descriptors"
)

// Leftover is what an interrupted transfer left in a folder.
type Leftover struct {
	Name  string    // of the folder
	Bytes int64     // that it takes on the disk
	Last  time.Time // when it was last written to
}

// Leftovers returns what interrupted transfers left in the folder dir, as a later
// transfer of the same names would take it up. Like [Remembered], it leaves out
// folders of other users and those in use, and writes nothing.
func Leftovers(ctx context.Context, dir string) (all []Leftover) {
	dest, err := descriptors.Open(ctx, func() (*os.Root, error) { return os.OpenRoot(dir) })
	if err != nil {
		return nil
	}
	defer dest.Close()
	for _, name := range folderNames(ctx, dest) {
		if l, ok := leftover(ctx, dest, name); ok {
			all = append(all, l)
		}
	}
	return all
}

func leftover(ctx context.Context, dest *os.Root, name string) (Leftover, bool) {
	l := Leftover{Name: name}
	root, err := openOwn(ctx, dest, name)
	if err != nil {
		return l, false
	}
	defer root.Close()
	info, err := root.Lstat(journalName)
	if err != nil || inUse(ctx, root) {
		return l, false
	}
	l.Last, l.Bytes = info.ModTime(), held(ctx, root)
	return l, true
}
