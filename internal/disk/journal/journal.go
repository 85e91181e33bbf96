package journal

import (
	"encoding/binary"
	"errors"
	"os"
	"sync"
)

// ErrTampered is the error for a file in tallow's own folder whose content only
// another program can have written.
var ErrTampered = errors.New("another program changed a file in tallow's own folder, or the disk does not give back what was written to it")

// Journal appends records to a file. Its methods may be called by several
// goroutines at once.
type Journal struct {
	f *os.File

	mu  sync.Mutex
	end int64  // of what is in f
	buf []byte // records that are not in f yet
}

// Record is one of the records of this package.
type Record interface{ Append(b []byte) []byte }

// New returns a Journal that appends to f after its first end bytes.
func New(f *os.File, end int64) *Journal { return &Journal{f: f, end: end} }

// File returns the file of the journal, to be synced.
func (j *Journal) File() *os.File { return j.f }

// Add appends records. They survive the end of this process after the next Flush,
// and a power cut after the file was then synced.
func (j *Journal) Add(records ...Record) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, r := range records {
		j.buf = r.Append(j.buf)
	}
}

// Flush hands all records to the operating system. If that fails halfway, on a
// full disk for instance, the next Flush writes them again at the same place.
func (j *Journal) Flush() error {
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

// PlacedAt reads the Placed record at an offset that Account.Placed returned.
func (j *Journal) PlacedAt(at int64) (Placed, error) {
	var head [recordHeader]byte
	if _, err := j.f.ReadAt(head[:], at); err != nil {
		return Placed{}, err
	}
	body := make([]byte, binary.BigEndian.Uint16(head[:]))
	if _, err := j.f.ReadAt(body, at+recordHeader); err != nil {
		return Placed{}, err
	}
	r, ok := parsePlaced(body)
	if !ok || binary.BigEndian.Uint32(head[3:]) != checksum(head[:3], body) {
		return Placed{}, ErrTampered
	}
	return r, nil
}

// Close closes the file, without a Flush.
func (j *Journal) Close() error { return j.f.Close() }
