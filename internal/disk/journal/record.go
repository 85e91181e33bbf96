package journal

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"

	"github.com/tallow-transfer/tallow/pkg/files"
)

// The records of a journal follow one another:
//
//	length u16 | type u8 | checksum u32 | body of that length
//
// Integers are big-endian. The checksum is CRC-32C over length, type and body.
// Records of an unknown type are ignored.
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
	typeNamed    recordType = 6
)

// Version is the version of the layout, as Opened has it.
const Version = 1

// Opened is the first record of every journal.
//
//	version u8 | names 32
type Opened struct {
	Version uint8
	Names   [32]byte // digest of the transfer's top-level names
}

// Listed says which file of the transfer an id stands for.
//
//	id u64 | size i64 | mtime i64 | path
type Listed struct {
	ID    uint64
	Size  int64
	MTime int64
	Path  string
}

// Verified says that a block of a partial file has this hash.
//
//	id u64 | index u32 | hash 32
type Verified struct {
	ID    uint64
	Index uint32
	Hash  files.Hash
}

// Placed says that a file is whole and has its final name, or is about to get it:
// it is written before the rename. It also says that a folder was made.
//
//	id u64 | flags u8 | inode u64 | size i64 | mtime i64 | path
type Placed struct {
	ID    uint64
	Flags PlacedFlags
	Inode uint64 // 0 if it is not known
	Size  int64
	MTime int64  // as the disk has it, which may be coarser than the source's
	Path  string // relative to the destination
}

// PlacedFlags are the flags of a Placed record.
type PlacedFlags uint8

// The flags of Placed.
const (
	PlacedFolder  PlacedFlags = 1 << 0
	PlacedRenamed PlacedFlags = 1 << 1 // it got another name than the sender's, because that one was taken
	PlacedFound   PlacedFlags = 1 << 2 // never written: the file was there already and has the same content
)

// MaxSealed is the largest number of bytes of a Sealed blob.
const MaxSealed = 1024

// Sealed is what the connection needs to resume, encrypted by it: opaque here.
//
//	blob, 1 to MaxSealed bytes
type Sealed struct {
	Blob []byte
}

// Named says under which name of the user's choice the single path of the transfer
// is received. The last one counts.
//
//	name
type Named struct {
	As string // empty: under the sender's name
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// appendRecord appends a record. The function body appends its body.
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

// Append appends the record to b.
func (r Opened) Append(b []byte) []byte {
	return appendRecord(b, typeOpened, func(b []byte) []byte {
		return append(append(b, r.Version), r.Names[:]...)
	})
}

// Append appends the record to b.
func (r Listed) Append(b []byte) []byte {
	return appendRecord(b, typeListed, func(b []byte) []byte {
		b = binary.BigEndian.AppendUint64(b, r.ID)
		b = binary.BigEndian.AppendUint64(b, uint64(r.Size))
		b = binary.BigEndian.AppendUint64(b, uint64(r.MTime))
		return append(b, r.Path...)
	})
}

// Append appends the record to b.
func (r Verified) Append(b []byte) []byte {
	return appendRecord(b, typeVerified, func(b []byte) []byte {
		b = binary.BigEndian.AppendUint64(b, r.ID)
		b = binary.BigEndian.AppendUint32(b, r.Index)
		return append(b, r.Hash[:]...)
	})
}

// Append appends the record to b.
func (r Placed) Append(b []byte) []byte {
	return appendRecord(b, typePlaced, func(b []byte) []byte {
		b = binary.BigEndian.AppendUint64(b, r.ID)
		b = append(b, byte(r.Flags))
		b = binary.BigEndian.AppendUint64(b, r.Inode)
		b = binary.BigEndian.AppendUint64(b, uint64(r.Size))
		b = binary.BigEndian.AppendUint64(b, uint64(r.MTime))
		return append(b, r.Path...)
	})
}

// Append appends the record to b.
func (r Sealed) Append(b []byte) []byte {
	return appendRecord(b, typeSealed, func(b []byte) []byte { return append(b, r.Blob...) })
}

// Append appends the record to b.
func (r Named) Append(b []byte) []byte {
	return appendRecord(b, typeNamed, func(b []byte) []byte { return append(b, r.As...) })
}

func parseOpened(b []byte) (r Opened, ok bool) {
	if len(b) != 1+32 {
		return r, false
	}
	r.Version = b[0]
	copy(r.Names[:], b[1:])
	return r, true
}

func parseListed(b []byte) (r Listed, ok bool) {
	if len(b) < 8+8+8 {
		return r, false
	}
	return Listed{
		ID:    binary.BigEndian.Uint64(b),
		Size:  int64(binary.BigEndian.Uint64(b[8:])),
		MTime: int64(binary.BigEndian.Uint64(b[16:])),
		Path:  string(b[24:]),
	}, true
}

func parseVerified(b []byte) (r Verified, ok bool) {
	if len(b) != 8+4+32 {
		return r, false
	}
	r = Verified{ID: binary.BigEndian.Uint64(b), Index: binary.BigEndian.Uint32(b[8:])}
	copy(r.Hash[:], b[12:])
	return r, true
}

func parsePlaced(b []byte) (r Placed, ok bool) {
	if len(b) < 8+1+8+8+8 {
		return r, false
	}
	r = Placed{
		ID:    binary.BigEndian.Uint64(b),
		Flags: PlacedFlags(b[8]),
		Inode: binary.BigEndian.Uint64(b[9:]),
		Size:  int64(binary.BigEndian.Uint64(b[17:])),
		MTime: int64(binary.BigEndian.Uint64(b[25:])),
		Path:  string(b[33:]),
	}
	return r, r.Size >= 0
}

// parseSealed copies its blob.
func parseSealed(b []byte) (r Sealed, ok bool) {
	if len(b) == 0 || len(b) > MaxSealed {
		return r, false
	}
	return Sealed{Blob: bytes.Clone(b)}, true
}

// Read calls visit with every record of r and its offset, up to the first that is
// cut off or damaged, that makes no sense, or that visit refuses. It returns the
// offset of that one. The first record has to be Opened and no other one may be;
// records of unknown types are passed over. The error is of reading alone.
func Read(r io.Reader, visit func(at int64, r Record) bool) (end int64, err error) {
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
		t := recordType(head[2])
		if binary.BigEndian.Uint32(head[3:]) != checksum(head[:3], body) || (end == 0) != (t == typeOpened) {
			return end, nil
		}
		record, ok := parse(t, body)
		if !ok || record != nil && !visit(end, record) {
			return end, nil
		}
		end += int64(recordHeader + len(body))
	}
}

// parse parses the body of a record. The record is nil if its type is unknown.
func parse(t recordType, body []byte) (r Record, ok bool) {
	switch t {
	case typeOpened:
		return parseOpened(body)
	case typeListed:
		return parseListed(body)
	case typeVerified:
		return parseVerified(body)
	case typePlaced:
		return parsePlaced(body)
	case typeSealed:
		return parseSealed(body)
	case typeNamed:
		return Named{As: string(body)}, true
	}
	return nil, true
}

// ignoreEOF returns err, or nil if it only says that there is no more to read.
func ignoreEOF(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return err
}
