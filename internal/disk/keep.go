package disk

import (
	"io/fs"
	"time"
)

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
