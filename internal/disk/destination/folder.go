package destination

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/tallow-transfer/tallow/internal/descriptors"
	"github.com/tallow-transfer/tallow/internal/disk/journal"
	"github.com/tallow-transfer/tallow/internal/disk/names"
	"github.com/tallow-transfer/tallow/internal/disk/partial"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// Options say how a Folder receives. The zero value asks nobody, and ends the
// transfer if a name is taken.
type Options struct {
	// Policy is for names that are taken.
	Policy Policy

	// Ask asks the user, under PolicyAsk. One question is asked at a time: by
	// Prepare, or by a WriteAt that finds that a file of the same size has other
	// content. The context is that of Prepare in both cases.
	Ask AskFunc

	// Renamed, if not nil, is told of folders and symlinks that get another name
	// because theirs is taken: by Prepare, and by Finish. The File of a file tells
	// it itself.
	Renamed func(Renamed)

	// As, if not empty, is the name under which the single path that is sent is
	// received.
	As string

	// Descriptors bounds what is kept open.
	Descriptors descriptors.Budget

	// Preserve keeps the permissions of the sender. Otherwise the umask of this
	// process applies to them.
	Preserve bool

	// Logger gets debugging output. It may be nil.
	Logger *slog.Logger
}

// Folder is a files.Destination into a folder of this machine. Prepare is called by
// one goroutine at a time; Commit, Secure, Place and the methods of the Files may run beside it
// and beside each other.
//
// Memory grows by 24 bytes for each file or symlink that is in place, and by 16 more if an
// interrupted transfer put it there; by about 40 bytes for each block that an
// interrupted transfer left of files that are not whole; and, from Have to Commit,
// by about 150 bytes for each block of a file that existed already; and by the paths of
// folders whose places are taken. Everything else is on the disk.
type Folder struct {
	options Options
	made    bool // by NewFolder
	tree
	active    activeFiles
	resume    resumeMemory
	conflicts conflicts

	// Set by Begin.
	claims      *claims
	preparation preparation
}

// NewFolder returns a destination in the folder dir, which it makes if it is not
// there. ctx is that of the whole transfer: when it ends, nothing waits for a
// descriptor any more. The errors are for people.
func NewFolder(ctx context.Context, dir string, o Options) (*Folder, error) {
	if o.As != "" && (strings.ContainsAny(o.As, `/`+string(filepath.Separator)) || names.Host().Path(o.As) != "") {
		return nil, &NameError{o.As}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	_, err := os.Stat(dir)
	missing := errors.Is(err, fs.ErrNotExist)
	if missing {
		if err := os.MkdirAll(dir, 0o777); err != nil {
			return nil, &FolderError{dir, err}
		}
	}
	root, err := descriptors.Open(ctx, func() (*os.Root, error) { return os.OpenRoot(dir) })
	if err != nil {
		return nil, &FolderError{dir, err}
	}
	f := &Folder{options: o, made: missing, tree: tree{ctx: ctx, dir: dir, root: root, policy: o.Policy, modes: modes{preserve: o.Preserve}, log: o.Logger, sync: diskSyncer{}}}
	f.space.ctx, f.space.dir, f.space.root = ctx, dir, root
	f.resume.tree = &f.tree
	f.conflicts.tree, f.conflicts.askUser, f.conflicts.tell = &f.tree, o.Ask, o.Renamed
	return f, nil
}

// Begin takes up what an interrupted transfer of the same top-level names left. A
// *SpaceError says that the disk has too little room.
func (f *Folder) Begin(ctx context.Context, topNames []string, stored int64) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if f.options.As != "" && len(topNames) != 1 {
		return &OneNameError{f.options.As, len(topNames)}
	}
	p, err := partial.Open(f.ctx, f.root, topNames, f.options.Descriptors)
	if err != nil {
		return f.writeError(err)
	}
	f.partial, f.space.partial, f.space.expected = p, p, stored
	f.space.inPlace.Store(p.Account.Bytes)
	f.placed.byInode = p.Account.Inodes
	f.active.byID = make(map[uint64]*file)
	f.claims = newClaims(&f.tree, &f.resume)
	f.preparation = preparation{
		conflicts: &f.conflicts, claims: f.claims, active: &f.active,
		rules: names.Host(), as: f.options.As, offered: names.OfferedBy(topNames), moves: make(folderMoves), parents: f.dirs(0),
	}
	f.resume.begin(p.Account.Files)
	if f.modes.umask, err = p.Umask(); err != nil {
		return f.writeError(err)
	}
	if err := f.space.check(ctx, f.placesOf(topNames)); err != nil {
		return err
	}
	if err := f.preparation.openSpools(); err != nil {
		return f.writeError(err)
	}
	if f.options.As != p.Account.As {
		p.Journal.Add(journal.Named{As: f.options.As})
	}
	f.log.Debug("destination ready", "folder", p.Path, "resumable", p.Account.Bytes)
	return f.writeError(p.Journal.Flush())
}

// placesOf returns where the top-level names go, without those that are not
// allowed.
func (f *Folder) placesOf(topNames []string) (places []string) {
	if f.options.As != "" {
		topNames = []string{f.options.As}
	}
	for _, n := range topNames {
		if names.Host().Path(n) == "" {
			places = append(places, n)
		}
	}
	return places
}

// Prepare makes a folder at once, and notes a symlink for Finish. If a folder goes
// elsewhere because its place is taken, so does what is in it; it has to come first.
//
// Besides a *SkipError, which refuses the entry, the error may be an *ExistsError:
// then nothing has been put in place under a name that was taken. Every other error
// is of this machine's disk or of ctx. If a file of the same size is in the place
// of an entry, a conflict is found not here but by the WriteAt of the File; ctx is
// that of the question then.
func (f *Folder) Prepare(ctx context.Context, number uint64, e files.Entry) (files.File, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	file, err := f.preparation.entry(ctx, e)
	var skip *SkipError
	if errors.As(err, &skip) {
		f.log.Debug("entry refused", "number", number, "reason", skip.Reason)
	}
	if file == nil { // a nil *file is not a nil File
		return nil, err
	}
	return file, err
}

// Commit is Secure and then Place, for the files that have no error before. It may be
// called instead of both.
func (f *Folder) Commit(ctx context.Context, verified []files.File) []error {
	c := f.committer()
	return c.commit(ctx, verified)
}

// Secure makes the data, modes and times of the files durable, with one sync for all if
// the system can do that. Then it records the files in the journal and makes that durable.
//
// A *SkipError says why one file was refused, an *ExistsError that PolicyFail ends
// the transfer. Others are of the disk.
func (f *Folder) Secure(ctx context.Context, verified []files.File) []error {
	c := f.committer()
	return c.secure(ctx, verified)
}

// Place renames each file to its final name. A file that appeared there since Prepare is
// replaced only under PolicyOverwrite. The errors are as those of Secure. It may run while
// other files are secured.
func (f *Folder) Place(ctx context.Context, secured []files.File) []error {
	c := f.committer()
	return c.place(ctx, secured)
}

func (f *Folder) committer() committer {
	return committer{conflicts: &f.conflicts, claims: f.claims, active: &f.active}
}

// Finish makes the symlinks, sets the modes and times of the folders, waits until
// all of it is durable, and removes what the transfer kept beside the files.
// Nothing can be resumed after it.
func (f *Folder) Finish(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	// It goes from the innermost folders outwards: without those on the way it would
	// look each up from the top.
	end := &finishing{conflicts: &f.conflicts, ctx: ctx, look: f.dirs(f.options.Descriptors.Parents())}
	defer end.look.close()
	if err := end.run(f.preparation.links, f.preparation.folders); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return f.writeError(err)
	}
	if err := f.leave(true); err != nil {
		f.log.Warn("tallow's own folder could not be removed", "error", err)
	}
	return end.problems()
}

// Close releases the folder, also after an error. Before Finish it keeps what can
// be resumed and removes the rest. It waits for the goroutine of the Folder.
func (f *Folder) Close() error {
	active, first := f.active.close()
	if !first {
		return nil
	}
	var errs []error
	begun, worth := f.resume.isOpen(), f.resume.worth.Load()
	if begun && worth {
		errs = append(errs, f.claims.finish())
	}
	for _, file := range active {
		errs = append(errs, file.giveUp())
	}
	if begun {
		errs = append(errs, f.writeError(f.partial.Journal.Flush()), f.leave(!worth))
	}
	errs = append(errs, f.root.Close())
	if f.made {
		_ = os.Remove(f.dir) // fails if there is anything in it
	}
	return errors.Join(errs...)
}

// leave closes the partial folder and, if asked to, removes it.
func (f *Folder) leave(remove bool) error {
	f.claims.stop()
	return f.resume.leave(remove, f.preparation.close)
}

// Remember adds a blob of 1 to journal.MaxSealed bytes to the journal, which
// partial.Remembered returns in a later process. It may be called after Begin, even
// one that found too little room, and before Finish. When it returns, the blob
// survives a power cut. A Close with nothing to resume removes the blob, unless
// Keep was called, and so does Finish.
func (f *Folder) Remember(blob []byte) error { return f.resume.remember(blob) }

// Keep makes Close leave what was remembered, even if nothing has arrived that is
// worth resuming.
func (f *Folder) Keep() { f.resume.keep() }
