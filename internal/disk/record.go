package disk

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"

	"github.com/tallow-transfer/tallow/internal/blockhash"
)

// The records of a journal, one behind the other:
//
//	length u16 | type u8 | checksum u32 | body of that length
//
// Integers are big-endian; the checksum is CRC-32C of length, type and body.
// Records of a type that is not known are passed over.
const (
	recordHeader = 2 + 1 + 4
	maxBody      = 1<<16 - 1
)

type recordType uint8

const (
	typeOpened   recordType = 1
	typeListed   recordType = 2
	typeVerified recordType = 3
	typePlaced   recordType = 4
	typeSealed   recordType = 5
)

// journalVersion is written into opened.
const journalVersion = 1

// opened is the first record of every journal.
//
//	version u8 | names 32
type opened struct {
	Version uint8
	Names   [32]byte // digest of the transfer's top-level names
}

// listed says which file of the manifest an id stands for.
//
//	id u64 | size i64 | mtime i64 | path
type listed struct {
	ID    uint64
	Size  int64
	MTime int64
	Path  string
}

// verified says that a block of the file's partial file has this hash.
//
//	id u64 | index u32 | hash 32
type verified struct {
	ID    uint64
	Index uint32
	Hash  blockhash.Hash
}

// placed says that a file is whole and on its way to its final name, or there:
// it is written before the rename. Or that a folder was made.
//
//	id u64 | flags u8 | inode u64 | size i64 | mtime i64 | path
type placed struct {
	ID    uint64
	Flags uint8
	Inode uint64 // 0 if not known
	Size  int64
	MTime int64  // as the disk has it, which may be coarser than the source's
	Path  string // relative to the destination
}

// Flags of placed.
const (
	placedFolder  = 1 << 0
	placedRenamed = 1 << 1 // under another name than the manifest's, for a conflict
	placedFound   = 1 << 2 // in memory only: it was there already, and is the same
)

// sealed is what Remember was given: opaque here.
//
//	blob, 1 to MaxSealed bytes
type sealed struct {
	Blob []byte
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// appendRecord appends a record whose body the function body appends.
func appendRecord(b []byte, t recordType, body func([]byte) []byte) []byte {
	start := len(b)
	b = append(b, 0, 0, byte(t), 0, 0, 0, 0)
	b = body(b)
	binary.BigEndian.PutUint16(b[start:], uint16(len(b)-start-recordHeader))
	binary.BigEndian.PutUint32(b[start+3:], checksum(b[start:start+3], b[start+recordHeader:]))
	return b
}

func checksum(head, body []byte) uint32 {
	return crc32.Update(crc32.Checksum(head, castagnoli), castagnoli, body)
}

func (r opened) Append(b []byte) []byte {
	return appendRecord(b, typeOpened, func(b []byte) []byte {
		return append(append(b, r.Version), r.Names[:]...)
	})
}

func (r listed) Append(b []byte) []byte {
	return appendRecord(b, typeListed, func(b []byte) []byte {
		b = binary.BigEndian.AppendUint64(b, r.ID)
		b = binary.BigEndian.AppendUint64(b, uint64(r.Size))
		b = binary.BigEndian.AppendUint64(b, uint64(r.MTime))
		return append(b, r.Path...)
	})
}

func (r verified) Append(b []byte) []byte {
	return appendRecord(b, typeVerified, func(b []byte) []byte {
		b = binary.BigEndian.AppendUint64(b, r.ID)
		b = binary.BigEndian.AppendUint32(b, r.Index)
		return append(b, r.Hash[:]...)
	})
}

func (r placed) Append(b []byte) []byte {
	return appendRecord(b, typePlaced, func(b []byte) []byte {
		b = binary.BigEndian.AppendUint64(b, r.ID)
		b = append(b, r.Flags)
		b = binary.BigEndian.AppendUint64(b, r.Inode)
		b = binary.BigEndian.AppendUint64(b, uint64(r.Size))
		b = binary.BigEndian.AppendUint64(b, uint64(r.MTime))
		return append(b, r.Path...)
	})
}

func (r sealed) Append(b []byte) []byte {
	return appendRecord(b, typeSealed, func(b []byte) []byte { return append(b, r.Blob...) })
}

func parseOpened(b []byte) (r opened, ok bool) {
	if len(b) != 1+32 {
		return r, false
	}
	r.Version = b[0]
	copy(r.Names[:], b[1:])
	return r, true
}

func parseListed(b []byte) (r listed, ok bool) {
	if len(b) < 8+8+8 {
		return r, false
	}
	return listed{
		ID:    binary.BigEndian.Uint64(b),
		Size:  int64(binary.BigEndian.Uint64(b[8:])),
		MTime: int64(binary.BigEndian.Uint64(b[16:])),
		Path:  string(b[24:]),
	}, true
}

func parseVerified(b []byte) (r verified, ok bool) {
	if len(b) != 8+4+32 {
		return r, false
	}
	r = verified{ID: binary.BigEndian.Uint64(b), Index: binary.BigEndian.Uint32(b[8:])}
	copy(r.Hash[:], b[12:])
	return r, true
}

func parsePlaced(b []byte) (r placed, ok bool) {
	if len(b) < 8+1+8+8+8 {
		return r, false
	}
	r = placed{
		ID:    binary.BigEndian.Uint64(b),
		Flags: b[8],
		Inode: binary.BigEndian.Uint64(b[9:]),
		Size:  int64(binary.BigEndian.Uint64(b[17:])),
		MTime: int64(binary.BigEndian.Uint64(b[25:])),
		Path:  string(b[33:]),
	}
	return r, r.Size >= 0
}

// parseSealed copies its blob.
func parseSealed(b []byte) (r sealed, ok bool) {
	if len(b) == 0 || len(b) > MaxSealed {
		return r, false
	}
	return sealed{Blob: bytes.Clone(b)}, true
}

// readRecords calls visit with every record of r from its beginning, up to the
// first that is torn, damaged or that visit refuses, and returns where that one
// begins. The error is one of reading, never of what was read. body is valid
// until visit returns.
func readRecords(r io.Reader, visit func(at int64, t recordType, body []byte) bool) (end int64, err error) {
	in := bufio.NewReaderSize(r, 1<<16)
	var head [recordHeader]byte
	buf := make([]byte, maxBody)
	for {
		if _, err := io.ReadFull(in, head[:]); err != nil {
			return end, ignoreEOF(err)
		}
		body := buf[:binary.BigEndian.Uint16(head[:])]
		if _, err := io.ReadFull(in, body); err != nil {
			return end, ignoreEOF(err)
		}
		if binary.BigEndian.Uint32(head[3:]) != checksum(head[:3], body) || !visit(end, recordType(head[2]), body) {
			return end, nil
		}
		end += int64(recordHeader + len(body))
	}
}

// ignoreEOF is err, but nil where it only says that there is no more.
func ignoreEOF(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return err
}
