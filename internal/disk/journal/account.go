package journal

import (
	"cmp"
	"encoding/binary"
	"hash/crc32"
	"io"
	"slices"

	"github.com/tallow-transfer/tallow/pkg/files"
)

// Account is what a journal says, in memory.
type Account struct {
	Opened Opened
	As     string // as Named has it
	End    int64  // offset after the last sound record; 0 if there is none

	Blocks map[uint64][]Block // of files that are not whole, by id
	Inodes map[uint64]Mark    // of what was placed, by inode
	Files  bool               // whether there is any block or file
	Bytes  int64              // of the files that were placed

	places []place // sorted by id
}

// Block is a verified block.
type Block struct {
	Index uint32
	Hash  files.Hash
}

// place is where in the journal a Placed record is: 16 bytes for each file.
type place struct {
	id uint64
	at int64
}

// Mark is what is remembered in memory of a file that was placed: 24 bytes for
// each file, with its inode. The inode alone could be another file's by now.
type Mark struct {
	Flags PlacedFlags
	sum   uint32 // of size and modification time
}

// Mark returns the Mark of the file.
func (r Placed) Mark() Mark { return Mark{r.Flags, markSum(r.Size, r.MTime)} }

// Matches reports whether a file of this size and modification time may be the
// one that the Mark was made of.
func (m Mark) Matches(size, mtime int64) bool { return m.sum == markSum(size, mtime) }

func markSum(size, mtime int64) uint32 {
	b := binary.BigEndian.AppendUint64(nil, uint64(size))
	return crc32.Checksum(binary.BigEndian.AppendUint64(b, uint64(mtime)), castagnoli)
}

// ReadAccount reads a journal up to the first record that is damaged. The error
// is of reading alone.
func ReadAccount(r io.Reader) (*Account, error) {
	a := &Account{Blocks: map[uint64][]Block{}, Inodes: map[uint64]Mark{}}
	end, err := Read(r, a.take)
	if err != nil {
		return nil, err
	}
	a.End = end
	// Stable: of several records for one id the last one counts.
	slices.SortStableFunc(a.places, func(x, y place) int { return cmp.Compare(x.id, y.id) })
	return a, nil
}

// take adds one record.
func (a *Account) take(at int64, r Record) bool {
	switch r := r.(type) {
	case Opened:
		a.Opened = r
	case Named:
		a.As = r.As
	case Verified:
		a.Blocks[r.ID] = append(a.Blocks[r.ID], Block{r.Index, r.Hash})
		a.Files = true
	case Placed:
		a.place(at, r)
	}
	return true
}

func (a *Account) place(at int64, r Placed) {
	a.places = append(a.places, place{r.ID, at})
	_, again := a.Inodes[r.Inode] // a file that got another name when it was committed has two records
	if r.Inode != 0 {
		a.Inodes[r.Inode] = r.Mark()
	}
	if r.Flags&PlacedFolder == 0 {
		if !again {
			a.Bytes += r.Size
		}
		delete(a.Blocks, r.ID)
		a.Files = true
	}
}

// Placed returns the offset of the last Placed record for id, for
// Journal.PlacedAt. It is false if there is none.
func (a *Account) Placed(id uint64) (at int64, ok bool) {
	i, _ := slices.BinarySearchFunc(a.places, id, func(p place, id uint64) int {
		if p.id <= id {
			return -1
		}
		return 1
	})
	if i == 0 || a.places[i-1].id != id {
		return 0, false
	}
	return a.places[i-1].at, true
}
