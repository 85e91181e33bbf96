package bundle

import (
	"encoding/binary"
	"io/fs"
	"time"

	"github.com/tallow-transfer/tallow/pkg/files"
)

// Part is a part of an archive: bytes, or a piece of the bundle's data.
type Part struct {
	Bytes []byte
	Piece Piece // if Bytes is nil
}

// Numbers of the ZIP format (PKWARE's APPNOTE.TXT 6.3).
const (
	localHeader   = 0x04034b50
	centralHeader = 0x02014b50
	zip64End      = 0x06064b50
	zip64Locator  = 0x07064b50
	centralEnd    = 0x06054b50

	madeByUnix = 3 << 8
	version45  = 45 // with Zip64
	utf8Name   = 1 << 11
	zip64Extra = 0x0001
	timeExtra  = 0x5455 // modification time, seconds since 1970

	most16 = 0xffff
	most32 = 0xffffffff
)

// Zip returns entries as the parts of a ZIP archive. Files are stored as they are,
// so that nothing has to be read: their CRC-32 is known. Everything is Zip64.
func Zip(entries []Entry) []Part {
	var (
		parts     []Part
		directory []byte
		at        int64
	)
	add := func(p Part) {
		if p.Bytes != nil {
			at += int64(len(p.Bytes))
		} else {
			at += p.Piece.Size
		}
		parts = append(parts, p)
	}
	for _, e := range entries {
		name := e.Path
		content := []byte(nil)
		switch e.Kind {
		case files.KindDir:
			name += "/"
		case files.KindSymlink:
			content = []byte(e.Target)
			e.CRC, e.Size = crcOf(content), int64(len(content))
		}
		begin := at
		add(Part{Bytes: appendLocal(nil, e, name)})
		if content != nil {
			add(Part{Bytes: content})
		}
		for _, p := range e.Pieces {
			add(Part{Piece: p})
		}
		directory = appendCentral(directory, e, name, begin)
	}
	begin := at
	end := appendEnd(directory, int64(len(entries)), begin)
	add(Part{Bytes: end})
	return parts
}

// appendCommon appends what both headers of an entry have in common. Sizes are in
// the Zip64 field.
func appendCommon(b []byte, e Entry, name string, extra int) []byte {
	date, clock := dosTime(e.ModTime)
	b = binary.LittleEndian.AppendUint16(b, version45)
	b = binary.LittleEndian.AppendUint16(b, utf8Name)
	b = binary.LittleEndian.AppendUint16(b, 0) // stored
	b = binary.LittleEndian.AppendUint16(b, clock)
	b = binary.LittleEndian.AppendUint16(b, date)
	b = binary.LittleEndian.AppendUint32(b, e.CRC)
	b = binary.LittleEndian.AppendUint32(b, most32)
	b = binary.LittleEndian.AppendUint32(b, most32)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(name)))
	return binary.LittleEndian.AppendUint16(b, uint16(extra))
}

func appendTime(b []byte, t time.Time) []byte {
	b = binary.LittleEndian.AppendUint16(b, timeExtra)
	b = binary.LittleEndian.AppendUint16(b, 5)
	b = append(b, 1)
	return binary.LittleEndian.AppendUint32(b, uint32(int32(min(max(t.Unix(), 0), 1<<31-1))))
}

func appendLocal(b []byte, e Entry, name string) []byte {
	b = binary.LittleEndian.AppendUint32(b, localHeader)
	b = appendCommon(b, e, name, 20+9)
	b = append(b, name...)
	b = binary.LittleEndian.AppendUint16(b, zip64Extra)
	b = binary.LittleEndian.AppendUint16(b, 16)
	b = binary.LittleEndian.AppendUint64(b, uint64(e.Size))
	b = binary.LittleEndian.AppendUint64(b, uint64(e.Size))
	return appendTime(b, e.ModTime)
}

func appendCentral(b []byte, e Entry, name string, at int64) []byte {
	b = binary.LittleEndian.AppendUint32(b, centralHeader)
	b = binary.LittleEndian.AppendUint16(b, madeByUnix|version45)
	b = appendCommon(b, e, name, 28+9)
	b = binary.LittleEndian.AppendUint16(b, 0) // comment
	b = binary.LittleEndian.AppendUint16(b, 0) // disk
	b = binary.LittleEndian.AppendUint16(b, 0) // internal attributes
	b = binary.LittleEndian.AppendUint32(b, attributes(e))
	b = binary.LittleEndian.AppendUint32(b, most32)
	b = append(b, name...)
	b = binary.LittleEndian.AppendUint16(b, zip64Extra)
	b = binary.LittleEndian.AppendUint16(b, 24)
	b = binary.LittleEndian.AppendUint64(b, uint64(e.Size))
	b = binary.LittleEndian.AppendUint64(b, uint64(e.Size))
	b = binary.LittleEndian.AppendUint64(b, uint64(at))
	return appendTime(b, e.ModTime)
}

// appendEnd appends the end of an archive to its directory, which begins at an
// offset and has a number of entries.
func appendEnd(b []byte, entries, at int64) []byte {
	size := int64(len(b))
	b = binary.LittleEndian.AppendUint32(b, zip64End)
	b = binary.LittleEndian.AppendUint64(b, 44)
	b = binary.LittleEndian.AppendUint16(b, madeByUnix|version45)
	b = binary.LittleEndian.AppendUint16(b, version45)
	b = binary.LittleEndian.AppendUint32(b, 0)
	b = binary.LittleEndian.AppendUint32(b, 0)
	b = binary.LittleEndian.AppendUint64(b, uint64(entries))
	b = binary.LittleEndian.AppendUint64(b, uint64(entries))
	b = binary.LittleEndian.AppendUint64(b, uint64(size))
	b = binary.LittleEndian.AppendUint64(b, uint64(at))

	b = binary.LittleEndian.AppendUint32(b, zip64Locator)
	b = binary.LittleEndian.AppendUint32(b, 0)
	b = binary.LittleEndian.AppendUint64(b, uint64(at+size))
	b = binary.LittleEndian.AppendUint32(b, 1)

	b = binary.LittleEndian.AppendUint32(b, centralEnd)
	b = binary.LittleEndian.AppendUint16(b, 0)
	b = binary.LittleEndian.AppendUint16(b, 0)
	b = binary.LittleEndian.AppendUint16(b, most16)
	b = binary.LittleEndian.AppendUint16(b, most16)
	b = binary.LittleEndian.AppendUint32(b, most32)
	b = binary.LittleEndian.AppendUint32(b, most32)
	return binary.LittleEndian.AppendUint16(b, 0)
}

// attributes returns the Unix mode of an entry, and for a folder the bit that DOS
// has for it. Set-user-ID bits and their like stay out.
func attributes(e Entry) uint32 {
	const typeFile, typeDir, typeLink, dosDir = 0o100000, 0o040000, 0o120000, 0x10
	mode := uint32(e.Mode & fs.ModePerm)
	switch e.Kind {
	case files.KindDir:
		return (typeDir|mode)<<16 | dosDir
	case files.KindSymlink:
		return (typeLink | 0o777) << 16
	}
	return (typeFile | mode) << 16
}

// dosTime returns a time in the format of DOS, which has no zone: UTC is as good
// as any, and the other field has the exact time.
func dosTime(t time.Time) (date, clock uint16) {
	t = t.UTC()
	year := min(max(t.Year(), 1980), 2107)
	return uint16(t.Day() | int(t.Month())<<5 | (year-1980)<<9), uint16(t.Second()/2 | t.Minute()<<5 | t.Hour()<<11)
}
