package disk

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"

	"github.com/tallow-transfer/tallow/internal/blockhash"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// standing is a whole file that is at a File's place before anything of it
// comes: one that an interrupted transfer had put there, or one of the person's
// own. Its blocks are offered to the sender. As long as none turns out to be
// different it stays as it is and counts as received; the first different bytes
// make a partial file of it, so that nothing is ever written into a file that
// bears its final name.
//
// One of the person's own is looked at only if its size is the announced one,
// or if it may be replaced: to hash a large file only to find that it is
// another costs more than it saves.
type standing struct {
	path string  // relative to the destination
	ours *placed // its record; nil for the person's own

	// decide applies the conflict policy, once it is known that the contents
	// differ; nil if there is nothing to decide, or not any more.
	decide func() (verdict, error)

	// ctx is Prepare's: it ends the question and the copy, which a WriteAt may
	// come to wait for.
	ctx context.Context

	// Of Have.
	hashed bool // false as long as none of its blocks was offered
	seen   stamp
	had    []block
}

// errSwapped is for a file of the person's that did not keep still.
func errSwapped(p string) *SkipError {
	return refused(p, "changed on the receiving side", "another program changed the file that is there while it was compared: receive it again", nil)
}

// openAt opens the regular file p of the destination, through no symlink.
func (f *Folder) openAt(p string) (*os.File, fs.FileInfo, error) {
	look := parents{dest: f.dest, avoid: f.partial.info}
	defer look.close()
	at, name := split(p)
	dir, err := look.open(at)
	if err != nil {
		return nil, nil, err
	}
	return openRegular(dir.root, name)
}

// haveStanding hashes the blocks of what is at the place. Whatever keeps it from
// being read makes it a file with nothing in common.
func (ff *folderFile) haveStanding(ctx context.Context) (map[uint32]blockhash.Block, error) {
	b := ff.base
	found, err := ff.hashStanding(ctx)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		ff.f.log.Debug("what is there is not compared", "error", err)
		return nil, nil
	}
	b.hashed, b.had = true, make([]block, 0, len(found))
	for i, h := range found {
		b.had = append(b.had, block{i, h.Hash})
	}
	return found, nil
}

func (ff *folderFile) hashStanding(ctx context.Context) (map[uint32]blockhash.Block, error) {
	src, before, err := ff.f.openAt(ff.base.path)
	if err != nil {
		return nil, err
	}
	defer src.Close()
	found, err := hashAll(ctx, src, ff.common(before.Size()))
	if err != nil {
		return nil, err
	}
	after, err := src.Stat()
	if err != nil {
		return nil, err
	}
	ff.base.seen = stampOf(before)
	if !stampOf(after).equal(ff.base.seen) {
		return nil, errChanged
	}
	return found, nil
}

// common is how many bytes of a file of that size are in blocks that the file
// to come can have too.
func (ff *folderFile) common(size int64) int64 {
	switch {
	case ff.entry.Kind != wire.KindFile:
		return size
	case size < ff.entry.Size:
		return size - size%wire.BlockSize
	}
	return ff.entry.Size
}

// unchanged says whether p is what stands at off already.
func (ff *folderFile) unchanged(p []byte, off int64) bool {
	ff.mu.Lock()
	defer ff.mu.Unlock()
	if ff.base == nil || !ff.base.hashed || ff.base.decide == nil {
		return false
	}
	src, _, err := ff.f.openAt(ff.base.path)
	if err != nil {
		return false
	}
	defer src.Close()
	return sameBytes(src, p, off)
}

// sameBytes says whether src has p at off.
func sameBytes(src io.ReaderAt, p []byte, off int64) bool {
	there := make([]byte, len(p))
	n, err := src.ReadAt(there, off)
	return n == len(p) && (err == nil || errors.Is(err, io.EOF)) && string(there) == string(p)
}
