package disk

import (
	"context"
	"errors"
	"io/fs"
	"path"
)

// needSpace is a *SpaceError if what is still to come cannot fit. What the
// destination has under the names that are sent may be the same as what is to
// come, which is known only later: it is counted as if it were.
func (f *Folder) needSpace(ctx context.Context, names []string) error {
	missing, known := f.missing()
	if !known || missing <= 0 {
		return nil
	}
	if f.options.As != "" {
		names = []string{f.options.As}
	}
	var there int64
	for _, name := range names {
		if f.rules.path(name) != "" {
			continue
		}
		n, err := f.bytesBelow(ctx, name)
		if err != nil {
			return err
		}
		there += n
	}
	if missing -= max(there-f.inPlace.Load(), 0); missing <= 0 {
		return nil
	}
	return &SpaceError{Dir: f.dir, Missing: missing}
}

// bytesBelow adds up the files at the path p, or in it. The error is ctx's.
func (f *Folder) bytesBelow(ctx context.Context, p string) (sum int64, err error) {
	err = fs.WalkDir(f.dest.FS(), p, func(_ string, e fs.DirEntry, err error) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil || !e.Type().IsRegular() {
			return nil // what cannot be seen cannot be the same
		}
		if info, err := e.Info(); err == nil {
			sum += info.Size()
		}
		return nil
	})
	return sum, err
}

// missing is how many bytes more the disk would need for what is to come;
// negative if it has more than that. It is not known if the size of the
// transfer is not, or if the disk does not say what is free.
func (f *Folder) missing() (int64, bool) {
	dir, err := f.dest.Open(".")
	if err != nil {
		return 0, false
	}
	defer dir.Close()
	free, known := freeSpace(dir)
	return f.toCome() - free, known && f.expected > 0
}

// toCome is how many bytes of the transfer are neither in place nor in a
// partial file.
func (f *Folder) toCome() int64 {
	left := f.expected - f.inPlace.Load()
	if f.partial != nil {
		left -= f.partial.held()
	}
	return max(left, 0)
}

// held is how many bytes the partial files take from the disk, with what is
// reserved for them. It does not matter whether they were verified: what comes
// anew takes their place.
func (p *partial) held() (sum int64) {
	list, err := p.root.Open(".")
	if err != nil {
		return 0
	}
	defer list.Close()
	for {
		names, err := list.Readdirnames(readBatch)
		for _, name := range names {
			if info, err := p.root.Lstat(name); err == nil && path.Ext(name) == partSuffix {
				sum += taken(info)
			}
		}
		if len(names) == 0 || err != nil {
			return sum
		}
	}
}

// reservedFrom is from how many bytes on that a file takes beyond its size they
// are a reservation, and not the rest of the disk's last unit.
const reservedFrom = 1 << 20

// taken is how many of a file's bytes, there or to come, have their place.
func taken(info fs.FileInfo) int64 {
	n := allocated(info)
	if n >= info.Size()+reservedFrom {
		return n
	}
	return min(n, info.Size())
}

// full makes a *SpaceError of a failed write.
func (f *Folder) full(cause error) *SpaceError {
	e := &SpaceError{Dir: f.dir, Quota: isQuota(cause), Err: cause}
	missing, known := f.missing()
	switch {
	case e.Quota:
		e.Missing = f.toCome() // nobody says how much of it the quota still lets in
	case known:
		e.Missing = max(missing, 0)
	}
	return e
}

// writeError makes an error of writing into one for people.
func (f *Folder) writeError(err error) error {
	var write *WriteError
	var space *SpaceError
	switch {
	case err == nil, errors.As(err, &write), errors.As(err, &space):
		return err
	case isFull(err):
		return f.full(err)
	}
	return &WriteError{Place: f.dir, Err: err}
}
