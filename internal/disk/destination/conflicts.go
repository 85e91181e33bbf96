package destination

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"sync"

	"github.com/tallow-transfer/tallow/internal/disk/journal"
	"github.com/tallow-transfer/tallow/internal/disk/names"
	"github.com/tallow-transfer/tallow/internal/disk/osfs"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// AskFunc asks the user what to do about one file, folder or symlink. The path is relative to the
// destination and comes from the peer. It may take as long as it needs; its error
// ends the transfer.
type AskFunc func(ctx context.Context, path string, theirs files.Entry, existing fs.FileInfo) (Policy, error)

// conflicts decides what to do with entries whose names are taken.
type conflicts struct {
	*tree
	askUser AskFunc       // may be nil
	tell    func(Renamed) // may be nil

	asking sync.Mutex // held while the user is asked
}

// decision is where an entry goes, given what is in its place.
type decision struct {
	name    string // in its folder
	renamed bool
	replace bool // what is there
}

// Renamed is a folder or a symlink that got another name because its own is taken.
type Renamed struct {
	Name  string // its path as it was sent
	Taken string // the path that it would have, relative to the destination
	Path  string // the path that it has
}

// tellRenamed tells of a folder or a symlink. Files tell it themselves.
func (c *conflicts) tellRenamed(r Renamed) {
	if c.tell != nil {
		c.tell(r)
	}
}

// maxNumber bounds the search for a free name.
const maxNumber = 10_000

// decide decides where an entry goes that belongs at name in dir.
func (c *conflicts) decide(ctx context.Context, dir *osfs.Dir, name string, e files.Entry) (decision, error) {
	info, err := dir.Root.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return decision{name: name}, nil
	case err != nil:
		return decision{}, c.refuse(e.Path, err)
	}
	return c.decideOn(ctx, dir, name, e, info)
}

// decideOn decides where an entry goes whose place is taken by what info describes.
func (c *conflicts) decideOn(ctx context.Context, dir *osfs.Dir, name string, e files.Entry, info fs.FileInfo) (d decision, err error) {
	policy := c.policy
	switch flags, ours := c.placed.find(dir, name, info); {
	case ours && flags&journal.PlacedRenamed == 0:
		return decision{}, refusedCollision(e.Path)
	case ours:
		policy = PolicyRename // the other entry took this name for a conflict of its own
	case policy == PolicyAsk && c.askUser != nil:
		if policy, err = c.ask(ctx, path.Join(dir.Path, name), e, info); err != nil {
			return decision{}, err
		}
	}
	switch policy {
	case PolicyRename:
		free, err := c.freeName(dir, name, e.Path)
		return decision{name: free, renamed: true}, err
	case PolicyOverwrite:
		if info.IsDir() || e.Kind == files.KindDir {
			return decision{}, refusedReplacement(e.Path, e.Kind == files.KindDir)
		}
		return decision{name: name, replace: true}, nil
	case PolicySkip:
		return decision{}, refusedKept(e.Path)
	}
	return decision{}, &ExistsError{Path: path.Join(dir.Path, name)}
}

// ask asks the user, one question at a time.
func (c *conflicts) ask(ctx context.Context, at string, e files.Entry, info fs.FileInfo) (Policy, error) {
	c.asking.Lock()
	defer c.asking.Unlock()
	if err := ctx.Err(); err != nil {
		return 0, err // the question before was not answered
	}
	return c.askUser(ctx, at, e, info)
}

// decideLate decides about the entry p whose place at is taken by what info
// describes, although it was free, or was to be replaced, when decide was asked.
// Nobody is asked any more. The name in a decision to rename is left empty.
func (c *conflicts) decideLate(p, at string, before decision, info fs.FileInfo, flags journal.PlacedFlags, ours bool) (d decision, err error) {
	switch {
	case before.renamed || c.policy == PolicyRename && !ours || ours && flags&journal.PlacedRenamed != 0:
		return decision{renamed: true}, nil
	case ours:
		return d, refusedCollision(p)
	case before.replace || c.policy == PolicyOverwrite:
		if info.IsDir() {
			return d, refusedReplacement(p, false)
		}
		return decision{name: before.name, replace: true}, nil
	case c.policy == PolicySkip:
		return d, refusedKept(p)
	case c.policy == PolicyFail:
		return d, &ExistsError{Path: at}
	}
	return d, refusedAppeared(p)
}

// freeName returns the first of "name (1)", "name (2)", … that is free in dir. p is
// the path of the entry.
func (c *conflicts) freeName(dir *osfs.Dir, name, p string) (string, error) {
	for n := 1; n <= maxNumber; n++ {
		free := names.Numbered(name, n)
		_, err := dir.Root.Lstat(free)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return free, nil
		case err != nil:
			return "", c.refuse(p, err)
		}
	}
	return "", refused(p, "no free name on the receiving side", fmt.Sprintf("%d names like it are taken", maxNumber), nil)
}
