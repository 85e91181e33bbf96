package partial

import (
	"cmp"
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"

	"lukechampine.com/blake3"

	"github.com/tallow-transfer/tallow/internal/descriptors"
	"github.com/tallow-transfer/tallow/internal/disk/journal"
	"github.com/tallow-transfer/tallow/internal/disk/names"
	"github.com/tallow-transfer/tallow/internal/disk/osfs"
	"github.com/tallow-transfer/tallow/internal/filelock"
	"github.com/tallow-transfer/tallow/internal/oserror"
)

// Folder is a partial folder that this process holds.
type Folder struct {
	*osfs.Dir
	Info    fs.FileInfo
	Journal *journal.Journal
	Account *journal.Account // what the journal said when the folder was opened

	ctx     context.Context // of the transfer: it ends what waits for a descriptor
	lock    *os.File
	handles handles
}

const (
	lockName    = "lock"
	journalName = "journal"
	partSuffix  = ".part"
)

// readBatch is how many names of a folder are held in memory at a time.
const readBatch = 1024

// maxFolders bounds the transfers of the same names into the same destination
// that run at once.
const maxFolders = 16

// digest returns a hash of the top-level names of a transfer, in any order.
func digest(names []string) [32]byte {
	var b []byte
	for _, n := range slices.SortedFunc(slices.Values(names), cmp.Compare[string]) {
		b = binary.BigEndian.AppendUint32(b, uint32(len(n)))
		b = append(b, n...)
	}
	return blake3.Sum256(b)
}

// ID returns the id of a file in the journal, from its path in the transfer.
func ID(p string) uint64 {
	sum := blake3.Sum256([]byte(p))
	return binary.BigEndian.Uint64(sum[:])
}

// Name returns the name of the partial file of an id, with the subfolder that it is in,
// the first of its digits: "0/0123456789abcdef.part". In one folder for all, writers would
// wait for each other and for renames, and the system would search long lists.
func Name(id uint64) string {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], id)
	digits := hex.EncodeToString(b[:])
	return digits[:subfolderName] + "/" + digits + partSuffix
}

// subfolderName is how many characters the name of a subfolder has. Nothing else in the
// folder has such a short one.
const subfolderName = 1

// isSubfolder says whether a name in the folder is that of a subfolder.
func isSubfolder(name string) bool { return len(name) == subfolderName }

// makeSubfolder makes the subfolder of a partial file.
func (p *Folder) makeSubfolder(name string) error {
	err := p.Root.Mkdir(name[:subfolderName], 0o700)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	return err
}

// Open opens the folder that an interrupted transfer of these top-level names left
// in dest and that no other process uses, or makes a new one. The first records of
// a new one are not flushed yet. When ctx ends, nothing waits for a descriptor any
// more, neither in Open nor in what it returns.
func Open(ctx context.Context, dest *os.Root, topNames []string, b descriptors.Budget) (*Folder, error) {
	sum := digest(topNames)
	base := names.PartialPrefix + hex.EncodeToString(sum[:8])
	name := func(n int) string {
		if n == 1 {
			return base
		}
		return fmt.Sprintf("%s-%d", base, n)
	}
	for n := 1; n <= maxFolders; n++ {
		p, err := take(ctx, dest, name(n), sum, 0)
		if err != nil || p != nil {
			return p.within(b), err
		}
	}
	for n := 1; n <= maxFolders; n++ {
		err := dest.Mkdir(name(n), 0o700)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		p, err := take(ctx, dest, name(n), sum, os.O_CREATE|os.O_EXCL)
		if err != nil || p != nil {
			return p.within(b), err
		}
	}
	return nil, fmt.Errorf("%d transfers of the same names into %s are running or were interrupted", maxFolders, dest.Name())
}

// within bounds the files of the folder that are open at a time. The folder may be
// nil.
func (p *Folder) within(b descriptors.Budget) *Folder {
	if p != nil {
		p.handles.limit = b.Partials()
	}
	return p
}

// take takes the folder name of dest. It returns nil if the folder is not there,
// or is not for this transfer. Only the process that made the folder makes the
// lock in it, with the flags create, so that a folder that is being removed cannot
// be taken.
func take(ctx context.Context, dest *os.Root, name string, sum [32]byte, create int) (*Folder, error) {
	info, err := dest.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	case !info.IsDir() || !osfs.OwnedByUser(info):
		return nil, nil // in a shared folder, another user may have made it as a trap
	}
	root, err := osfs.OpenDir(ctx, dest, name, info)
	if err != nil {
		return nil, ignoreGone(err)
	}
	p := &Folder{ctx: ctx, Dir: &osfs.Dir{Base: dest, Path: name, Root: root}, Info: info}
	if err := p.Dir.Open(ctx); err != nil {
		return nil, errors.Join(err, root.Close())
	}
	ours, err := p.takeLock(create)
	if err == nil && ours {
		ours, err = p.openJournal(sum)
	}
	switch {
	case ignoreGone(err) != nil && create != 0:
		return nil, errors.Join(err, p.Remove()) // a full disk, for instance
	case err != nil || !ours:
		return nil, errors.Join(ignoreGone(err), p.Close())
	}
	return p, nil
}

// ignoreGone returns err, or nil if it says that another process finished and
// removed the folder while it was being opened.
func ignoreGone(err error) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, osfs.ErrReplaced) {
		return nil
	}
	return err
}

// takeLock is false if another process holds the folder.
func (p *Folder) takeLock(create int) (bool, error) {
	f, err := descriptors.Open(p.ctx, func() (*os.File, error) { return p.Root.OpenFile(lockName, os.O_RDWR|create, 0o600) })
	if err != nil {
		return false, err
	}
	p.lock = f
	// The error is ignored, because some network file systems have no locks. On
	// those, two transfers of the same names at the same time would disturb each
	// other, but a single one has to work.
	held, _ := filelock.Try(f)
	return !held, nil
}

// openJournal is false if the journal is of other names or of another version.
func (p *Folder) openJournal(sum [32]byte) (bool, error) {
	f, err := descriptors.Open(p.ctx, func() (*os.File, error) { return p.Root.OpenFile(journalName, os.O_RDWR|os.O_CREATE, 0o600) })
	if err != nil {
		return false, err
	}
	a, err := journal.ReadAccount(f)
	if err != nil {
		p.Journal = journal.New(f, 0)
		return false, fmt.Errorf("the journal of an interrupted transfer cannot be read: %s: remove the folder %s", oserror.Cause(err), f.Name())
	}
	p.Journal = journal.New(f, a.End)
	if a.End > 0 && (a.Opened.Version != journal.Version || a.Opened.Names != sum) {
		return false, nil
	}
	if err := f.Truncate(a.End); err != nil {
		return false, err
	}
	p.Account = a
	if a.End == 0 {
		p.Journal.Add(journal.Opened{Version: journal.Version, Names: sum})
	}
	return true, nil
}

// Close releases the folder and leaves it for a later transfer.
func (p *Folder) Close() error {
	var errs []error
	if p.Journal != nil {
		errs = append(errs, p.Journal.Close())
	}
	errs = append(errs, p.Dir.Close())
	if p.lock != nil { // last, so that nobody takes the folder before all else is closed
		errs = append(errs, p.lock.Close())
	}
	return errors.Join(errs...)
}

// Remove removes the folder and releases it.
func (p *Folder) Remove() error {
	dest, name := p.Base, p.Path
	// While the lock is held, and through the open folder: as soon as its name is
	// free, another transfer may make a folder of the same name.
	err := p.empty()
	if there, lerr := dest.Lstat(name); lerr != nil || !os.SameFile(there, p.Info) {
		return errors.Join(err, p.Close()) // it is gone already
	}
	if err == nil {
		err = dest.Remove(name)
	}
	if err == nil {
		return p.Close()
	}
	// Some systems do not remove what is open.
	return errors.Join(p.Close(), ignoreMissing(dest.Remove(name+"/"+journalName)),
		ignoreMissing(dest.Remove(name+"/"+lockName)), ignoreMissing(dest.Remove(name)))
}

// empty removes what is in the folder.
func (p *Folder) empty() error {
	return eachName(p.ctx, p.Root, func(name string) error {
		if isSubfolder(name) {
			return p.Root.RemoveAll(name)
		}
		return ignoreMissing(p.Root.Remove(name))
	})
}

// Held returns how many bytes of the disk the partial files take, with what is
// reserved for them. It does not matter whether they were verified: what is sent
// again takes their place.
func (p *Folder) Held() int64 { return held(p.ctx, p.Root) }

func held(ctx context.Context, root *os.Root) (sum int64) {
	_ = eachName(ctx, root, func(name string) error {
		if !isSubfolder(name) {
			return nil
		}
		return eachNameIn(ctx, root, name, func(part string) error {
			if info, err := root.Lstat(name + "/" + part); err == nil && path.Ext(part) == partSuffix {
				sum += taken(info)
			}
			return nil
		})
	})
	return sum
}

// eachName calls visit with every name in a folder.
func eachName(ctx context.Context, root *os.Root, visit func(name string) error) error {
	return eachNameIn(ctx, root, ".", visit)
}

// eachNameIn calls visit with every name in the subfolder in of a folder.
func eachNameIn(ctx context.Context, root *os.Root, in string, visit func(name string) error) error {
	list, err := descriptors.Open(ctx, func() (*os.File, error) { return root.Open(in) })
	if err != nil {
		return err
	}
	defer list.Close()
	for {
		batch, err := list.Readdirnames(readBatch)
		for _, name := range batch {
			if err := visit(name); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if len(batch) == 0 || err != nil {
			return err
		}
	}
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
