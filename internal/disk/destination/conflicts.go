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

// AskFunc asks the user what to do about one file. The path is relative to the
// destination and comes from the peer. It may take as long as it needs; its error
// ends the transfer.
type AskFunc func(ctx context.Context, path string, theirs files.Entry, existing fs.FileInfo) (Policy, error)

// conflicts decides what to do with entries whose names are taken.
type conflicts struct {
	*tree
	askUser AskFunc // may be nil

	asking sync.Mutex // held while the user is asked
}

// decision is where an entry goes, given what is in its place.
type decision struct {
	name    string // in its folder
	renamed bool
	replace bool // what is there
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
		if info.IsDir() {
			return decision{}, refused(e.Path, "a folder is in its place", "a folder of the name is there, which is not replaced", nil)
		}
		return decision{name: name, replace: true}, nil
	case PolicySkip:
		return decision{}, refused(e.Path, "exists already", "it is there already", files.ErrKept)
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
