package destination

import (
	"context"
	"errors"
	"io"
	"os"

	"github.com/tallow-transfer/tallow/internal/disk/journal"
	"github.com/tallow-transfer/tallow/internal/disk/osfs"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// existing is a whole file that has the name of one that is received, before any
// of its bytes arrive. Its blocks are offered to the sender. While none of them
// turns out to be different, it stays as it is and counts as received. On the first
// difference it is copied to the partial file, so that a file with its final name
// is never written to.
//
// A file of the user's is only compared if it has the announced size or may be
// replaced: hashing a large file only to find that it is a different one costs more
// than it saves.
type existing struct {
	*tree
	entry files.Entry     // of the file that is received
	path  string          // relative to the destination
	ctx   context.Context // of Prepare: it ends the question and the copy

	kind   existingKind
	record journal.Placed           // if existingOurs
	decide func() (decision, error) // if existingUndecided

	// Set by have.
	offered bool // to the sender, as far as it was readable
	seen    osfs.Stamp
	blocks  []journal.Block // that were offered
}

// existingKind says whose file it is, and what may be done with it.
type existingKind uint8

const (
	existingOurs      existingKind = iota // an interrupted transfer put it there
	existingUndecided                     // the user's, of the same size: the policy is applied if it differs
	existingDecided                       // the user's, and the policy was applied
)

// have hashes the blocks. A file that cannot be read, or that changes meanwhile,
// has nothing in common.
func (x *existing) have(ctx context.Context) (map[uint32]files.Block, error) {
	found, err := x.hash(ctx)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		x.log.Debug("the existing file is not compared", "error", err)
		return nil, nil
	}
	x.offered, x.blocks = true, make([]journal.Block, 0, len(found))
	for i, b := range found {
		x.blocks = append(x.blocks, journal.Block{Index: i, Hash: b.Hash})
	}
	return found, nil
}

func (x *existing) hash(ctx context.Context) (map[uint32]files.Block, error) {
	src, before, err := x.openFile(x.path)
	if err != nil {
		return nil, err
	}
	defer src.Close()
	found, err := hashAll(ctx, src, x.common(before.Size()))
	if err != nil {
		return nil, err
	}
	after, err := src.Stat()
	if err != nil {
		return nil, err
	}
	x.seen = osfs.StampOf(before)
	if !osfs.StampOf(after).Equal(x.seen) {
		return nil, errChanged
	}
	return found, nil
}

var errChanged = errors.New("it changed while it was read")

// common returns how many bytes of a file of this size are in blocks that the new
// file can have too.
func (x *existing) common(size int64) int64 {
	switch {
	case x.entry.Kind != files.KindFile:
		return size
	case size < x.entry.Size:
		return size - size%files.BlockSize
	}
	return x.entry.Size
}

// equals reports whether the file has p at off, as long as that makes a
// difference: once the policy was applied it does not.
func (x *existing) equals(p []byte, off int64) bool {
	if x.kind != existingUndecided || !x.offered {
		return false
	}
	src, _, err := x.openFile(x.path)
	if err != nil {
		return false
	}
	defer src.Close()
	there := make([]byte, len(p))
	n, err := src.ReadAt(there, off)
	return n == len(p) && (err == nil || errors.Is(err, io.EOF)) && string(there) == string(p)
}

// apply applies the policy, if that was postponed. moved is false if there is
// nothing to be decided.
func (x *existing) apply() (d decision, moved bool, err error) {
	if x.kind != existingUndecided {
		return d, false, nil
	}
	if d, err = x.decide(); err != nil {
		return d, false, err
	}
	x.kind, x.decide = existingDecided, nil
	return d, true, nil
}

// copyBatch is how many bytes are copied between two looks at the context.
const copyBatch = 64 << 20

// copyTo copies the blocks that were offered, and no others, to dst. The system
// shares them between the two files if it can. They are hashed again, because
// another program may have written to the file since the sender compared the
// hashes: then the error is a *SkipError.
func (x *existing) copyTo(dst *os.File) error {
	if !x.offered {
		return nil
	}
	src, _, err := x.openFile(x.path)
	if err != nil {
		return refusedChange(x.entry.Path)
	}
	defer src.Close()
	size := x.common(x.seen.Size)
	for at := int64(0); at < size; at += copyBatch {
		if err := x.ctx.Err(); err != nil {
			return err
		}
		_, err := io.CopyN(dst, src, min(copyBatch, size-at))
		if errors.Is(err, io.EOF) {
			return refusedChange(x.entry.Path)
		}
		if err != nil {
			return x.writeError(err)
		}
	}
	copied, err := hashAll(x.ctx, dst, size)
	if err != nil {
		return err
	}
	for _, b := range x.blocks {
		if copied[b.Index].Hash != b.Hash {
			return refusedChange(x.entry.Path)
		}
	}
	return nil
}

// keep is true if the file can stay: it has the final size (any, if negative), and
// no byte was different. A file of the user's keeps its mode and time, unless it
// may be replaced.
func (x *existing) keep(size int64) (bool, error) {
	if x.kind == existingDecided || x.kind == existingUndecided && !x.offered {
		return false, nil
	}
	look := x.dirs(0)
	defer look.close()
	at, name := split(x.path)
	dir, err := look.open(at)
	if err != nil {
		return false, x.refuse(x.entry.Path, err)
	}
	info, err := dir.Root.Lstat(name)
	if err != nil {
		return false, x.refuse(x.entry.Path, err)
	}
	if size >= 0 && size != info.Size() {
		return false, nil
	}
	if x.offered && !osfs.StampOf(info).Equal(x.seen) {
		return false, refusedChange(x.entry.Path)
	}
	if err := x.touch(dir, name); err != nil {
		return false, err
	}
	return true, nil
}

// touch sets mode and time of the file that stays, if they are ours to set, and
// notes that the file is in place, so that no other entry replaces it. The journal
// gets no record of a file of the user's: a later transfer compares it again.
func (x *existing) touch(dir *osfs.Dir, name string) error {
	ours := x.kind == existingOurs
	if ours || x.policy == PolicyOverwrite {
		err := x.attributeErrors(
			dir.Root.Chtimes(name, noTime, x.entry.ModTime),
			dir.Root.Chmod(name, x.modes.of(x.entry.Kind, x.entry.Mode)))
		if err != nil {
			return x.writeError(err)
		}
	}
	info, err := dir.Root.Lstat(name)
	if err != nil {
		return x.refuse(x.entry.Path, err)
	}
	mtime := osfs.Nanoseconds(info.ModTime())
	if !ours {
		x.space.inPlace.Add(info.Size())
		x.placed.add(journal.Placed{Flags: journal.PlacedFound, Inode: osfs.FileID(dir.Root, name, info), Size: info.Size(), MTime: mtime})
		return nil
	}
	r := x.record
	if r.MTime != mtime {
		r.MTime = mtime
		x.partial.Journal.Add(r) // so that it is recognized after one more interruption
	}
	x.placed.add(r)
	return nil
}
