package disk

import (
	"cmp"
	"encoding/binary"
	"io"
	"os"
	"slices"
	"sync"

	"github.com/tallow-transfer/tallow/internal/blockhash"
)

// journal is the account, beside the partial files, of what is whole in them
// and what was put in place. It is only appended to. What it claims is on the
// disk, synced before the record was written, and is checked there all the same
// before it is believed: a torn tail, or a disk that did not keep what it said
// it had, costs a resend and nothing else.
type journal struct {
	f *os.File

	mu  sync.Mutex
	end int64  // of what is in f
	buf []byte // records that are not in f yet
}

// record is one of the types of record.go.
type record interface{ Append(b []byte) []byte }

// add appends records. They survive this process after the next flush.
func (j *journal) add(records ...record) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, r := range records {
		j.buf = r.Append(j.buf)
	}
}

// flush hands all records to the operating system. One that fails in the middle
// (a full disk) is done again at the same place by the next.
func (j *journal) flush() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.buf) == 0 {
		return nil
	}
	if _, err := j.f.WriteAt(j.buf, j.end); err != nil {
		return err
	}
	j.end += int64(len(j.buf))
	j.buf = j.buf[:0]
	return nil
}

// account is what a journal says.
type account struct {
	opened opened
	end    int64 // of the sound records; 0 if there is none

	blocks map[uint64][]block // of files that are not whole, by id
	places []place            // of what is whole, sorted by id
	inodes map[uint64]mark    // of what is whole, by inode
	files  bool               // whether any block or file is among these
	bytes  int64              // of the files that are whole
}

// block is what a journal says of a block.
type block struct {
	index uint32
	hash  blockhash.Hash
}

// place is where in the journal a placed record is: 16 bytes a file.
type place struct {
	id uint64
	at int64
}

// readAccount reads a journal. The error is one of reading only.
func readAccount(r io.Reader) (*account, error) {
	a := &account{blocks: map[uint64][]block{}, inodes: map[uint64]mark{}}
	end, err := readRecords(r, a.take)
	if err != nil {
		return nil, err
	}
	a.end = end
	// Stable: of several records for one id the last one counts.
	slices.SortStableFunc(a.places, func(x, y place) int { return cmp.Compare(x.id, y.id) })
	return a, nil
}

// take takes one record; false if it makes no sense where it is.
func (a *account) take(at int64, t recordType, body []byte) (ok bool) {
	if (at == 0) != (t == typeOpened) {
		return false
	}
	switch t {
	case typeOpened:
		a.opened, ok = parseOpened(body)
		return ok
	case typeListed:
		_, ok := parseListed(body)
		return ok
	case typeVerified:
		r, ok := parseVerified(body)
		if ok {
			a.blocks[r.ID] = append(a.blocks[r.ID], block{r.Index, r.Hash})
			a.files = true
		}
		return ok
	case typePlaced:
		r, ok := parsePlaced(body)
		if ok {
			a.place(at, r)
		}
		return ok
	case typeSealed:
		_, ok := parseSealed(body)
		return ok
	}
	return true
}

func (a *account) place(at int64, r placed) {
	a.places = append(a.places, place{r.ID, at})
	_, again := a.inodes[r.Inode] // what gave way at its commit has two records
	if r.Inode != 0 {
		a.inodes[r.Inode] = r.mark()
	}
	if r.Flags&placedFolder == 0 {
		if !again {
			a.bytes += r.Size
		}
		delete(a.blocks, r.ID)
		a.files = true
	}
}

// at is where the last placed record for id begins; false if there is none.
func (a *account) at(id uint64) (int64, bool) {
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

// placedAt reads back a record that readAccount saw there.
func (j *journal) placedAt(at int64) (placed, error) {
	var head [recordHeader]byte
	if _, err := j.f.ReadAt(head[:], at); err != nil {
		return placed{}, err
	}
	body := make([]byte, binary.BigEndian.Uint16(head[:]))
	if _, err := j.f.ReadAt(body, at+recordHeader); err != nil {
		return placed{}, err
	}
	r, ok := parsePlaced(body)
	if !ok || binary.BigEndian.Uint32(head[3:]) != checksum(head[:3], body) {
		return placed{}, errTampered
	}
	return r, nil
}
