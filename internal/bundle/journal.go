package bundle

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"hash/crc32"
	"io"
	"io/fs"
	"time"

	"github.com/tallow-transfer/tallow/pkg/files"
)

// The journal is a sequence of records, each
//
//	length u32 | CRC-32 of the rest u32 | JSON of a record
//
// with big-endian numbers. What follows the first record that is not whole was
// being written when the process died; it is cut off.
const (
	recordHead = 8
	// maxRecord bounds a record: the names of an offer, in JSON.
	maxRecord = 1 << 20
)

// record is one record: exactly one field is set.
type record struct {
	Begin    *beginRecord `json:"begin,omitempty"`
	Entry    *entryRecord `json:"entry,omitempty"`
	Block    *blockRecord `json:"block,omitempty"`
	Done     *doneRecord  `json:"done,omitempty"`
	Sealed   []byte       `json:"sealed,omitempty"`
	Finished bool         `json:"finished,omitempty"`
	Saved    *time.Time   `json:"saved,omitempty"`
}

// beginRecord comes first, and again with each process that goes on.
type beginRecord struct {
	Names []string  `json:"names"`
	At    time.Time `json:"at"`
}

// entryRecord is an entry of the manifest. A later one of the same ID takes its
// place, and what is there of a file stays.
type entryRecord struct {
	ID      int         `json:"id"`
	Kind    files.Kind  `json:"kind"`
	Path    string      `json:"path"`
	Mode    fs.FileMode `json:"mode"`
	ModTime time.Time   `json:"mtime"`
	Size    int64       `json:"size,omitempty"`
	Target  string      `json:"target,omitempty"`
	At      int64       `json:"at,omitempty"` // where the data of a file begins
}

// blockRecord is a verified block.
type blockRecord struct {
	ID    int        `json:"id"` // of the entry
	Index uint32     `json:"n"`
	At    int64      `json:"at"`
	Size  int64      `json:"size"`
	CRC   uint32     `json:"crc"`
	Hash  files.Hash `json:"-"`
	Sum   []byte     `json:"hash"` // Hash
}

// doneRecord says that a file is complete.
type doneRecord struct {
	ID   int   `json:"id"`
	Size int64 `json:"size"`
}

// errNoRecord is the end of what can be read of a journal.
var errNoRecord = errors.New("no whole record")

// appendRecord appends a record to b.
func appendRecord(b []byte, r record) ([]byte, error) {
	body, err := json.Marshal(r)
	if err != nil {
		return b, err
	}
	if len(body) > maxRecord {
		return b, errors.New("a record of the journal is too long")
	}
	b = binary.BigEndian.AppendUint32(b, uint32(len(body)))
	b = binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(body))
	return append(b, body...), nil
}

// parseRecord parses the record at the beginning of b, and returns its length
// there.
func parseRecord(b []byte) (record, int, error) {
	if len(b) < recordHead {
		return record{}, 0, errNoRecord
	}
	n := binary.BigEndian.Uint32(b)
	if n == 0 || n > maxRecord || uint64(len(b)-recordHead) < uint64(n) {
		return record{}, 0, errNoRecord
	}
	body := b[recordHead : recordHead+int(n)]
	if crc32.ChecksumIEEE(body) != binary.BigEndian.Uint32(b[4:]) {
		return record{}, 0, errNoRecord
	}
	var r record
	if json.Unmarshal(body, &r) != nil || !r.valid() {
		return record{}, 0, errNoRecord
	}
	return r, recordHead + int(n), nil
}

// valid checks what is used as an offset or a size.
func (r *record) valid() bool {
	const most = 1 << 53
	in := func(n ...int64) bool {
		for _, n := range n {
			if n < 0 || n > most {
				return false
			}
		}
		return true
	}
	if e := r.Entry; e != nil && !in(int64(e.ID), e.Size, e.At) {
		return false
	}
	if b := r.Block; b != nil {
		if !in(int64(b.ID), b.At, b.Size) || b.Size == 0 || b.Size > files.BlockSize || len(b.Sum) != files.HashSize {
			return false
		}
		b.Hash = files.Hash(b.Sum)
	}
	return r.Done == nil || in(int64(r.Done.ID), r.Done.Size)
}

// readJournal calls each with every record, and returns how many bytes they take.
func readJournal(j Blob, each func(record)) (int64, error) {
	var read int64
	buf := make([]byte, 2*(recordHead+maxRecord))
	have := 0
	for {
		n, err := j.ReadAt(buf[have:], read+int64(have))
		if err != nil && err != io.EOF {
			return 0, err
		}
		have += n
		used := 0
		for {
			r, n, err := parseRecord(buf[used:have])
			if err != nil {
				break
			}
			each(r)
			used += n
		}
		read += int64(used)
		have = copy(buf, buf[used:have])
		if used == 0 {
			return read, nil
		}
	}
}
