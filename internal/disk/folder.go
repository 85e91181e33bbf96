package disk

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// Options are how a Folder receives. The zero value asks nobody and ends the
// transfer where a name is taken.
type Options struct {
	// Policy is for names that are taken.
	Policy Policy

	// Ask asks the person, under PolicyAsk, about one file: path is relative to
	// the destination and comes from the peer. It is called once at a time, by
	// Prepare, or by the WriteAt that finds that a file of the same size has
	// other content; ctx is Prepare's either way. It may take its time; its
	// error ends the transfer.
	Ask func(ctx context.Context, path string, theirs wire.Entry, existing fs.FileInfo) (Policy, error)

	// As, if not empty, is the name under which the single path that is sent is
	// received.
	As string

	// Logger is for what helps to find faults. It may be nil.
	Logger *slog.Logger
}

// Folder receives into a folder of this machine.
//
// Begin comes first and Finish last. Prepare is called by one goroutine at a
// time; Commit, and the methods of the Files, may run beside it and beside each
// other.
//
// Memory grows by 24 bytes for each file that is in place, and by 16 more for
// each that an interrupted transfer had put there; by about 40 bytes for each
// block that an interrupted transfer left of files that are not whole; and, from
// Have to Commit, by about 150 bytes for each block of a file that is there
// already. All else is on the disk.
type Folder struct {
	dir     string // as the person gave it
	made    bool   // by NewFolder
	options Options
	log     *slog.Logger
	dest    *os.Root
	rules   rules

	// Set by Begin.
	partial  *partial
	names    map[string]struct{} // what entries may begin with; nil if that is not known
	expected int64               // bytes of the whole transfer, 0 if not known
	inPlace  atomic.Int64        // bytes of it that bear their final names
	handles  handles

	// Of Prepare.
	parents parents
	folders *spool
	links   *spool

	asking sync.Mutex // held while the person is asked

	remembering sync.Mutex // held by Remember, under which the partial folder must not close

	claims *claims
	syncs  syncer

	mu     sync.Mutex
	active map[uint64]*folderFile // prepared, neither committed nor closed, by id
	inodes map[uint64]mark        // of what this transfer put in place, by inode
	worth  bool                   // whether there is anything that is worth a resume
	left   bool                   // the partial folder is closed
	closed bool
}

// NewFolder receives into the folder dir, which is made if it is not there.
// The errors are for people.
func NewFolder(dir string, o Options) (*Folder, error) {
	if o.As != "" && (strings.ContainsAny(o.As, `/`+string(filepath.Separator)) || hostRules().path(o.As) != "") {
		return nil, fmt.Errorf("%q is not a name that a file can have here: choose another with --output", o.As)
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	_, err := os.Stat(dir)
	missing := errors.Is(err, fs.ErrNotExist)
	if missing {
		if err := os.MkdirAll(dir, 0o777); err != nil {
			return nil, fmt.Errorf("the folder %s cannot be made: %s: choose another with --output", dir, cause(err))
		}
	}
	dest, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("%s cannot be used as a folder: %s: choose another with --output", dir, cause(err))
	}
	f := &Folder{dir: dir, made: missing, options: o, log: o.Logger, dest: dest, rules: hostRules(), syncs: diskSyncer{}}
	return f, nil
}

// Begin makes ready for a transfer that the person accepted: names are the
// names of the paths that are sent, as far as they fit into the offer, and
// bytes is the size of all, 0 if it is not known. It takes up what an
// interrupted transfer of the same names left. A *SpaceError says that the disk
// has not enough room.
func (f *Folder) Begin(ctx context.Context, names []string, bytes int64) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if f.options.As != "" && len(names) != 1 {
		return fmt.Errorf("%d files and folders are sent, so they cannot all be called %s: give --output a folder that is there", len(names), f.options.As)
	}
	p, err := openPartial(f.dest, namesDigest(names))
	if err != nil {
		return f.writeError(err)
	}
	f.partial, f.expected = p, bytes
	f.inPlace.Store(p.account.bytes)
	f.worth = p.account.files
	f.inodes = p.account.inodes
	f.active = make(map[uint64]*folderFile)
	f.parents = parents{dest: f.dest, avoid: p.info}
	f.claims = newClaims(f)
	if len(names) < wire.MaxOfferNames { // else there may be more than the offer had room for
		f.names = make(map[string]struct{}, len(names))
		for _, n := range names {
			f.names[n] = struct{}{}
		}
	}
	if err := f.needSpace(ctx, names); err != nil {
		return err
	}
	if f.folders, err = newSpool(p.root, "folders"); err != nil {
		return f.writeError(err)
	}
	if f.links, err = newSpool(p.root, "links"); err != nil {
		return f.writeError(err)
	}
	f.log.Debug("destination ready", "folder", p.path, "resumable", p.account.bytes)
	return f.writeError(p.journal.flush())
}

// Close ends the use of the folder. Before Finish it keeps what can be resumed
// and removes the rest; after it, it does nothing.
func (f *Folder) Close() error {
	f.mu.Lock()
	if f.closed {
		f.mu.Unlock()
		return nil
	}
	f.closed = true
	active, worth, left := slices.Collect(maps.Values(f.active)), f.worth, f.left
	f.mu.Unlock()

	var errs []error
	begun := f.partial != nil && !left
	if begun && worth {
		errs = append(errs, f.claims.finish())
	}
	for _, file := range active {
		errs = append(errs, file.giveUp())
	}
	if begun {
		errs = append(errs, f.writeError(f.partial.journal.flush()), f.leave(!worth))
	}
	errs = append(errs, f.dest.Close())
	if f.made {
		_ = os.Remove(f.dir) // not if there is anything in it
	}
	return errors.Join(errs...)
}

// leave closes the partial folder and, if asked to, removes it.
func (f *Folder) leave(remove bool) error {
	f.claims.stop()
	f.remembering.Lock()
	defer f.remembering.Unlock()
	f.mu.Lock()
	f.left = true
	f.mu.Unlock()
	errs := []error{f.parents.close(), f.folders.close(), f.links.close()}
	if remove {
		errs = append(errs, f.partial.remove())
	} else {
		errs = append(errs, f.partial.close())
	}
	return errors.Join(errs...)
}
