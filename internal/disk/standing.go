package disk

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"time"

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

// takeBack makes a partial file of what stands at the place: it has turned out
// to be different, so its policy is applied now.
func (ff *folderFile) takeBack() error {
	b := ff.base
	if b.decide != nil {
		v, err := b.decide()
		if err != nil {
			ff.refusal = err
			return err
		}
		b.decide = nil
		ff.goTo(v)
	}
	dst, err := ff.openPart(os.O_RDWR | os.O_CREATE | os.O_TRUNC)
	if err != nil {
		return ff.f.writeError(err)
	}
	if err := ff.copyStanding(dst); err != nil {
		return errors.Join(err, dst.Close())
	}
	ff.file, ff.own, ff.base = dst, b.ours, nil
	return ff.f.record(ff, b.had...)
}

// copyEvery is how many bytes are copied between two looks at the context.
const copyEvery = 64 << 20

// copyStanding copies the blocks that were offered, and no others: the system
// shares them between the two files where it can. They are hashed again: the
// sender said of what was hashed that it is the same, and not of what another
// program has written there since.
func (ff *folderFile) copyStanding(dst *os.File) error {
	b := ff.base
	if !b.hashed {
		return nil
	}
	src, _, err := ff.f.openAt(b.path)
	if err != nil {
		ff.refusal = errSwapped(ff.entry.Path)
		return ff.refusal
	}
	defer src.Close()
	size := ff.common(b.seen.size)
	for at := int64(0); at < size; at += copyEvery {
		if err := b.ctx.Err(); err != nil {
			return err
		}
		_, err := io.CopyN(dst, src, min(copyEvery, size-at))
		if errors.Is(err, io.EOF) {
			ff.refusal = errSwapped(ff.entry.Path)
			return ff.refusal
		}
		if err != nil {
			return ff.f.writeError(err)
		}
	}
	is, err := hashAll(b.ctx, dst, size)
	if err != nil {
		return err
	}
	for _, had := range b.had {
		if is[had.index].Hash != had.hash {
			ff.refusal = errSwapped(ff.entry.Path)
			return ff.refusal
		}
	}
	return nil
}

// keepStanding is true if the file is at its place already and nothing in it
// was different. One of the person's own keeps its mode and time, unless it may
// be replaced.
func (ff *folderFile) keepStanding(size int64) (bool, error) {
	ff.mu.Lock()
	defer ff.mu.Unlock()
	b := ff.base
	if b == nil || ff.done || (b.ours == nil && (b.decide == nil || !b.hashed)) {
		return false, nil
	}
	look := parents{dest: ff.f.dest, avoid: ff.f.partial.info}
	defer look.close()
	at, name := split(b.path)
	dir, err := look.open(at)
	if err != nil {
		return false, ff.f.refusal(ff.entry.Path, err)
	}
	info, err := dir.root.Lstat(name)
	if err != nil {
		return false, ff.f.refusal(ff.entry.Path, err)
	}
	if size >= 0 && size != info.Size() {
		return false, nil
	}
	if b.hashed && !stampOf(info).equal(b.seen) {
		return false, errSwapped(ff.entry.Path)
	}
	if err := ff.touchStanding(dir, name); err != nil {
		return false, err
	}
	ff.done = true
	ff.f.forget(ff)
	return true, nil
}

// touchStanding sets mode and time of the file that stays, if they are ours to
// set, and notes that it is in place: no other entry may land on it. The journal
// has nothing of one of the person's own; a later transfer compares it again.
func (ff *folderFile) touchStanding(dir *openDir, name string) error {
	f, e, ours := ff.f, ff.entry, ff.base.ours
	if ours != nil || f.options.Policy == PolicyOverwrite {
		err := f.attributes(
			dir.root.Chtimes(name, time.Time{}, time.Unix(0, e.MTime)),
			dir.root.Chmod(name, fs.FileMode(e.Mode&0o777)))
		if err != nil {
			return f.writeError(err)
		}
	}
	info, err := dir.root.Lstat(name)
	if err != nil {
		return f.refusal(e.Path, err)
	}
	r := placed{Flags: placedFound, Inode: identify(dir.root, name, info), Size: info.Size()}
	if ours != nil {
		r = *ours
	}
	r.MTime = nanoseconds(info.ModTime())
	switch {
	case ours == nil:
		f.inPlace.Add(r.Size)
	case r.MTime != ours.MTime:
		f.partial.journal.add(r) // so that it is known after one more interruption
	}
	f.notePlaced(r)
	return nil
}

// meet decides about the place of a file that is not there of this transfer,
// or puts it off until it is known whether what is there is the same.
func (f *Folder) meet(ctx context.Context, ff *folderFile, dir *openDir) error {
	at, base := ff.path, f.comparable(ctx, ff, dir)
	if base != nil && base.seen.size == ff.entry.Size {
		base.decide = func() (verdict, error) {
			look := parents{dest: f.dest, avoid: f.partial.info}
			defer look.close()
			in, name := split(at)
			dir, err := look.open(in)
			if err != nil {
				return verdict{}, f.refusal(ff.entry.Path, err)
			}
			return f.settle(ctx, dir, name, ff.entry)
		}
		ff.base = base
		return nil
	}
	v, err := f.settle(ctx, dir, ff.name, ff.entry)
	if err != nil {
		return err
	}
	ff.goTo(v)
	if v.replace {
		ff.base = base
	}
	return nil
}

// comparable is the file of the person's own at the place of ff; nil if there
// is none that may have blocks of it, or if an interrupted transfer left some.
func (f *Folder) comparable(ctx context.Context, ff *folderFile, dir *openDir) *standing {
	info, err := dir.root.Lstat(ff.name)
	if err != nil || !info.Mode().IsRegular() || ff.entry.Kind != wire.KindFile || ff.listed || ff.whole {
		return nil
	}
	if _, ours := f.placedHere(dir, ff.name, info); ours {
		return nil
	}
	return &standing{path: ff.path, ctx: ctx, seen: stampOf(info)}
}

// sameBytes says whether src has p at off.
func sameBytes(src io.ReaderAt, p []byte, off int64) bool {
	there := make([]byte, len(p))
	n, err := src.ReadAt(there, off)
	return n == len(p) && (err == nil || errors.Is(err, io.EOF)) && string(there) == string(p)
}
