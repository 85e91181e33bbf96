package disk

import (
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"lukechampine.com/blake3"
)

// partial is the hidden folder inside a destination that holds what is not yet
// in place of one transfer: so a rename never leaves the disk, and what bears a
// final name is whole.
type partial struct {
	*openDir
	info    fs.FileInfo
	lock    *os.File // held as long as the folder is in use
	journal *journal
	account *account // what the journal said when it was opened; nil for a new one
}

const (
	lockName    = "lock"
	journalName = "journal"
	partSuffix  = ".part"
)

// maxPartials bounds the transfers of the same names into the same destination
// that run at once.
const maxPartials = 16

// namesDigest is of a transfer's top-level names, in any order.
func namesDigest(names []string) [32]byte {
	var b []byte
	for _, n := range slices.SortedFunc(slices.Values(names), cmp.Compare[string]) {
		b = binary.BigEndian.AppendUint32(b, uint32(len(n)))
		b = append(b, n...)
	}
	return blake3.Sum256(b)
}

// idOf names a file of the manifest in the journal and in the partial folder.
func idOf(p string) uint64 {
	sum := blake3.Sum256([]byte(p))
	return binary.BigEndian.Uint64(sum[:])
}

func partName(id uint64) string { return fmt.Sprintf("%016x%s", id, partSuffix) }

// openPartial finds the folder that an interrupted transfer of these names left
// in dest and that no other process uses, or makes one.
func openPartial(dest *os.Root, names [32]byte) (*partial, error) {
	base := partialPrefix + hex.EncodeToString(names[:8])
	name := func(n int) string {
		if n == 1 {
			return base
		}
		return fmt.Sprintf("%s-%d", base, n)
	}
	for n := 1; n <= maxPartials; n++ {
		p, err := takePartial(dest, name(n), names, 0)
		if err != nil || p != nil {
			return p, err
		}
	}
	for n := 1; n <= maxPartials; n++ {
		err := dest.Mkdir(name(n), 0o700)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		p, err := takePartial(dest, name(n), names, os.O_CREATE|os.O_EXCL)
		if err != nil || p != nil {
			return p, err
		}
	}
	return nil, fmt.Errorf("%d transfers of the same names into %s are running or were left by something else: end them, or receive into another folder with --output", maxPartials, dest.Name())
}

// takePartial takes the folder name of dest; nil if it is not there, or not
// for us. Only who made the folder makes the lock in it, with the flags create:
// so one that is being removed cannot be taken.
func takePartial(dest *os.Root, name string, names [32]byte, create int) (*partial, error) {
	info, err := dest.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	case !info.IsDir() || !ownedByUs(info):
		return nil, nil // in a folder that is shared somebody may have laid it out for us
	}
	root, err := openFolder(dest, name, info)
	if err != nil {
		return nil, gone(err)
	}
	dir, err := newOpenDir(dest, name, root)
	if err != nil {
		return nil, errors.Join(err, root.Close())
	}
	p := &partial{openDir: dir, info: info}
	ours, err := p.takeLock(create)
	if err == nil && ours {
		ours, err = p.openJournal(names)
	}
	switch {
	case gone(err) != nil && create != 0:
		return nil, errors.Join(err, p.remove()) // a full disk, say
	case err != nil || !ours:
		return nil, errors.Join(gone(err), p.close())
	}
	return p, nil
}

// gone is nil if err says that another process finished and took the folder
// away while we looked at it.
func gone(err error) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, errReplaced) {
		return nil
	}
	return err
}

// takeLock is false if another process has the folder.
func (p *partial) takeLock(create int) (bool, error) {
	f, err := p.root.OpenFile(lockName, os.O_RDWR|create, 0o600)
	if err != nil {
		return false, err
	}
	p.lock = f
	// The error is passed over: some network file systems have no locks. Two
	// transfers of the same names at the same time would disturb each other
	// there; one alone has to work.
	held, _ := tryLock(f)
	return !held, nil
}

// openJournal is false if the journal is of other names or another version.
func (p *partial) openJournal(names [32]byte) (bool, error) {
	f, err := p.root.OpenFile(journalName, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return false, err
	}
	p.journal = &journal{f: f}
	a, err := readAccount(f)
	if err != nil {
		return false, fmt.Errorf("the journal of an interrupted transfer cannot be read: %s: remove the folder %s", cause(err), f.Name())
	}
	if a.end > 0 && (a.opened.Version != journalVersion || a.opened.Names != names) {
		return false, nil
	}
	if err := f.Truncate(a.end); err != nil {
		return false, err
	}
	p.journal.end, p.account = a.end, a
	if a.end > 0 {
		return true, nil
	}
	p.journal.add(opened{Version: journalVersion, Names: names})
	return true, nil
}

// close lets go of the folder and leaves it for a later transfer.
func (p *partial) close() error {
	var errs []error
	if p.journal != nil {
		errs = append(errs, p.journal.f.Close())
	}
	errs = append(errs, p.openDir.close())
	if p.lock != nil { // last: nobody comes in before all else is closed
		errs = append(errs, p.lock.Close())
	}
	return errors.Join(errs...)
}

// remove takes the folder away and lets go of it.
func (p *partial) remove() error {
	dest, name := p.dest, p.path
	// While the lock is held, and through the folder itself: as soon as this one
	// is gone, another transfer may make one of the same name.
	err := p.empty()
	if there, lerr := dest.Lstat(name); lerr != nil || !os.SameFile(there, p.info) {
		return errors.Join(err, p.close()) // gone already
	}
	if err == nil {
		err = dest.Remove(name)
	}
	if err == nil {
		return p.close()
	}
	// Some systems do not remove what is open.
	return errors.Join(p.close(), ignoreMissing(dest.Remove(name+"/"+journalName)),
		ignoreMissing(dest.Remove(name+"/"+lockName)), ignoreMissing(dest.Remove(name)))
}

// empty removes what is in the folder.
func (p *partial) empty() error {
	list, err := p.root.Open(".")
	if err != nil {
		return err
	}
	defer list.Close()
	for {
		names, err := list.Readdirnames(readBatch)
		for _, name := range names {
			if err := ignoreMissing(p.root.Remove(name)); err != nil {
				return err
			}
		}
		if len(names) == 0 || err != nil {
			return ignoreEOF(err)
		}
	}
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
