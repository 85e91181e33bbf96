package wire

import (
	"encoding/binary"
	"errors"
	"runtime"
	"strings"
	"testing"
)

// raw builds messages that Append would not: it adds fields one by one.
type raw []byte

func (r raw) u8(v uint8) raw   { return append(r, v) }
func (r raw) u16(v uint16) raw { return binary.BigEndian.AppendUint16(r, v) }
func (r raw) u32(v uint32) raw { return binary.BigEndian.AppendUint32(r, v) }
func (r raw) u64(v uint64) raw { return binary.BigEndian.AppendUint64(r, v) }
func (r raw) zero(n int) raw   { return append(r, make([]byte, n)...) }

// text adds a string of n bytes behind its length.
func (r raw) text(n int) raw { return append(r.u16(uint16(n)), strings.Repeat("a", n)...) }

// times adds n elements.
func (r raw) times(n int, element raw) raw {
	for range n {
		r = append(r, element...)
	}
	return r
}

// limitCase is a message at its limit and the same one over it.
type limitCase struct {
	name  string
	parse parser
	make  func(n uint64) raw
	limit uint64 // the last n that is taken
}

func limitCases() []limitCase {
	var all []limitCase
	for _, some := range [][]limitCase{textLimits(), countLimits(), numberLimits()} {
		all = append(all, some...)
	}
	return all
}

func textLimits() []limitCase {
	entry := func(kind Kind) raw { return raw{0x13}.zero(17).u16(1).u8(byte(kind)).zero(18) }
	return []limitCase{
		{"body of a signal", parserOf(ParseSignal), func(n uint64) raw { return raw{1, 1}.u32(1).text(int(n)) }, MaxSignal},
		{"name of an offer", parserOf(ParseOffer), func(n uint64) raw { return raw{0x10, 0}.zero(24).u16(1).text(int(n)) }, MaxPath},
		{"reason of a decline", parserOf(ParseDecline), func(n uint64) raw { return raw{0x12}.text(int(n)) }, MaxMessageText},
		{"path", parserOf(ParseManifest), func(n uint64) raw { return entry(KindFile).text(int(n)).text(0) }, MaxPath},
		{"target", parserOf(ParseManifest), func(n uint64) raw { return entry(KindSymlink).text(1).text(int(n)) }, MaxTarget},
		{"reason of a skip", parserOf(ParseWant), func(n uint64) raw { return raw{0x14}.u32(0).u16(1).u64(0).u8(0).text(int(n)) }, MaxSkipReason},
		{"reason of an end", parserOf(ParseEnd), func(n uint64) raw { return raw{0x17}.u16(1).u64(0).u8(1).zero(40).text(int(n)) }, MaxEndReason},
		{"reason of a settlement", parserOf(ParseSettled), func(n uint64) raw { return raw{0x19}.u16(1).u64(0).u8(1).text(int(n)) }, MaxEndReason},
		{"body of an invitation", parserOf(ParseInvitation), func(n uint64) raw { return raw{0x20}.text(int(n)) }, MaxInvitation},
		{"text of a cancel", parserOf(ParseCancel), func(n uint64) raw { return raw{0x1f, 1}.text(int(n)) }, MaxMessageText},
	}
}

func countLimits() []limitCase {
	run := raw{}.u64(1).u32(0).u32(1)
	return []limitCase{
		{"names", parserOf(ParseOffer), func(n uint64) raw {
			return raw{0x10, 0}.zero(24).u16(uint16(n)).times(int(n), raw{}.text(0))
		}, MaxOfferNames},
		{"entries", parserOf(ParseManifest), func(n uint64) raw {
			return raw{0x13}.zero(17).u16(uint16(n)).times(int(n), raw{byte(KindFile)}.zero(18).text(1).text(0))
		}, MaxPageEntries},
		{"skips", parserOf(ParseWant), func(n uint64) raw {
			return raw{0x14}.u32(0).u16(uint16(n)).times(int(n), raw{}.u64(0).u8(0).text(0))
		}, MaxPageEntries},
		{"hashes", parserOf(ParseHave), func(n uint64) raw { return raw{0x15}.u64(0).u32(0).u16(uint16(n)).zero(32 * int(n)) }, MaxHaveBlocks},
		{"runs of the same", parserOf(ParseSame), func(n uint64) raw { return raw{0x16}.u16(uint16(n)).times(int(n), run) }, MaxRuns},
		{"runs of an ack", parserOf(ParseAck), func(n uint64) raw { return raw{0x18}.u16(uint16(n)).times(int(n), run) }, MaxRuns},
		{"ends", parserOf(ParseEnd), func(n uint64) raw { return raw{0x17}.u16(uint16(n)).zero(int(n) * 51) }, MaxEnds},
		{"omitted entries", parserOf(ParseOmitted), func(n uint64) raw {
			return raw{0x1e}.u32(0).u16(uint16(n)).times(int(n), raw{0}.text(0).text(0))
		}, MaxPageEntries},
		{"settlements", parserOf(ParseSettled), func(n uint64) raw { return raw{0x19}.u16(uint16(n)).zero(int(n) * 11) }, MaxEnds},
	}
}

func numberLimits() []limitCase {
	const max63 = 1<<63 - 1
	file := func(mode uint16, size uint64) raw {
		return raw{0x13}.zero(17).u16(1).u8(byte(KindFile)).u16(mode).u64(0).u64(size).text(1).text(0)
	}
	segment := func(offset uint64, block, payload uint32) raw {
		return raw{}.u64(0).u64(offset).u32(block).u32(payload).zero(32 + int(payload))
	}
	return []limitCase{
		{"files of an offer", parserOf(ParseOffer), func(n uint64) raw { return raw{0x10, 0}.u64(n).zero(16).u16(0) }, max63},
		{"bytes of an offer", parserOf(ParseOffer), func(n uint64) raw { return raw{0x10, 0}.u64(0).u64(n).u64(0).u16(0) }, max63},
		{"stored of an offer", parserOf(ParseOffer), func(n uint64) raw { return raw{0x10, 0}.zero(16).u64(n).u16(0) }, max63},
		{"mode", parserOf(ParseManifest), func(n uint64) raw { return file(uint16(n), 0) }, 0o7777},
		{"size", parserOf(ParseManifest), func(n uint64) raw { return file(0, n) }, MaxFileSize},
		{"flag", parserOf(ParseManifest), func(n uint64) raw { return raw{0x13}.u32(0).u8(byte(n)).zero(14) }, 1},
		{"kind of an entry without a size", parserOf(ParseManifest), func(n uint64) raw {
			return raw{0x13}.zero(17).u16(1).u8(byte(n)).zero(18).text(1).text(0)
		}, uint64(KindStream)},
		{"kind of a signal", parserOf(ParseSignal), func(n uint64) raw { return raw{1, byte(n)}.zero(6) }, uint64(SignalAddresses)},
		{"first block of a have", parserOf(ParseHave), func(n uint64) raw { return raw{0x15}.u64(0).u32(uint32(n)).u16(2).zero(64) }, 1<<32 - 3},
		{"first block of a run", parserOf(ParseSame), func(n uint64) raw { return raw{0x16}.u16(1).u64(0).u32(uint32(n)).u32(2) }, 1<<32 - 3},
		{"blocks of a run", parserOf(ParseAck), func(n uint64) raw { return raw{0x18}.u16(1).u64(0).u32(1).u32(uint32(n)) }, 1<<32 - 2},
		{"outcome of an end", parserOf(ParseEnd), func(n uint64) raw { return raw{0x17}.u16(1).u64(0).u8(byte(n)).zero(42) }, uint64(OutcomeUnreadable)},
		{"size of an end", parserOf(ParseEnd), func(n uint64) raw { return raw{0x17}.u16(1).u64(0).u8(0).u64(n).zero(34) }, MaxFileSize},
		{"outcome of a settlement", parserOf(ParseSettled), func(n uint64) raw { return raw{0x19}.u16(1).u64(0).u8(byte(n)).u16(0) }, uint64(OutcomeKept)},
		{"purpose of an omission", parserOf(ParseOmitted), func(n uint64) raw { return raw{0x1e}.u32(0).u16(1).u8(byte(n)).text(0).text(0) }, 1},
		{"rate of a limit", parserOf(ParseLimit), func(n uint64) raw { return raw{0x1d}.u64(n) }, max63},
		{"files of a complete", parserOf(ParseComplete), func(n uint64) raw { return raw{0x1a}.u64(n).u64(0) }, max63},
		{"bytes of a complete", parserOf(ParseComplete), func(n uint64) raw { return raw{0x1a}.u64(0).u64(n) }, max63},
		{"offset of a segment", parserOf(onlySegment), func(n uint64) raw { return segment(n, BlockSize, 1) }, MaxFileSize - 1},
		{"block of a segment", parserOf(onlySegment), func(n uint64) raw { return segment(0, uint32(n), 1) }, BlockSize},
		{"payload of a segment", parserOf(onlySegment), func(n uint64) raw { return segment(BlockSize+3, 10, uint32(n)) }, 7},
	}
}

func TestLimits(t *testing.T) {
	for _, c := range limitCases() {
		if m, err := c.parse(c.make(c.limit)); err != nil {
			t.Errorf("%s of %d: %+v, %v", c.name, c.limit, m, err)
		}
		refused(t, c.name+" one over the limit", c.parse, c.make(c.limit+1))
	}
}

// What no limit says, but still makes no sense.
func TestNonsense(t *testing.T) {
	entry := func(kind Kind, size uint64, path, target string) raw {
		r := raw{0x13}.zero(17).u16(1).u8(byte(kind)).zero(10).u64(size)
		r = append(r.u16(uint16(len(path))), path...)
		return append(r.u16(uint16(len(target))), target...)
	}
	for _, c := range []struct {
		name  string
		parse parser
		bytes raw
	}{
		{"a signal of kind 0", parserOf(ParseSignal), raw{1, 0}.zero(6)},
		{"an entry of kind 0", parserOf(ParseManifest), entry(0, 0, "a", "")},
		{"a folder with a size", parserOf(ParseManifest), entry(KindDir, 1, "a", "")},
		{"a stream with a size", parserOf(ParseManifest), entry(KindStream, 1, "a", "")},
		{"a negative size", parserOf(ParseManifest), entry(KindFile, 1<<63, "a", "")},
		{"no path", parserOf(ParseManifest), entry(KindFile, 0, "", "")},
		{"a path that is not UTF-8", parserOf(ParseManifest), entry(KindFile, 0, "a\xff", "")},
		{"a symlink to nowhere", parserOf(ParseManifest), entry(KindSymlink, 0, "a", "")},
		{"a file with a target", parserOf(ParseManifest), entry(KindFile, 0, "a", "b")},
		{"a folder with a target", parserOf(ParseManifest), entry(KindDir, 0, "a", "b")},
		{"a stream with a target", parserOf(ParseManifest), entry(KindStream, 0, "a", "b")},
		{"a symlink with a size", parserOf(ParseManifest), entry(KindSymlink, 1, "a", "b")},
		{"a size of a file that changed", parserOf(ParseEnd), raw{0x17}.u16(1).u64(0).u8(1).u64(1).zero(32).text(0)},
		{"a hash of a file that changed", parserOf(ParseEnd), raw{0x17}.u16(1).u64(0).u8(1).u64(0).zero(31).u8(1).text(0)},
		{"a size of an unreadable file", parserOf(ParseEnd), raw{0x17}.u16(1).u64(0).u8(2).u64(1).zero(32).text(0)},
		{"a hash of an unreadable file", parserOf(ParseEnd), raw{0x17}.u16(1).u64(0).u8(2).u64(0).u8(1).zero(31).text(0)},
		{"a reason for a file that was read", parserOf(ParseEnd), raw{0x17}.u16(1).u64(0).u8(0).u64(1).zero(32).text(1)},
		{"a reason for a file in place", parserOf(ParseSettled), raw{0x19}.u16(1).u64(0).u8(0).text(1)},
		{"a run of no blocks", parserOf(ParseAck), raw{0x18}.u16(1).u64(0).u32(0).u32(0)},
		{"a block of no bytes", parserOf(onlySegment), raw{}.zero(20).u32(1).zero(33)},
		{"a segment of no bytes", parserOf(onlySegment), raw{}.zero(16).u32(1).u32(0).zero(32)},
		{"a segment longer than its block", parserOf(onlySegment), raw{}.zero(16).u32(1).u32(2).zero(34)},
		{"a segment of 4 GiB", parserOf(onlySegment), raw{}.zero(16).u32(BlockSize).u32(1<<32 - 1).zero(33)},
	} {
		refused(t, c.name, c.parse, c.bytes)
	}
}

// A count that the rest cannot hold is refused before anything is allocated for
// that many.
func TestCountsAreCheckedFirst(t *testing.T) {
	for name, f := range map[string]func() error{
		"manifest": func() error { _, err := ParseManifest(raw{0x13}.zero(17).u16(MaxPageEntries)); return err },
		"have":     func() error { _, err := ParseHave(raw{0x15}.zero(12).u16(MaxHaveBlocks)); return err },
		"ack":      func() error { _, err := ParseAck(raw{0x18}.u16(MaxRuns)); return err },
	} {
		const runs = 200
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range runs {
			if err := f(); !errors.Is(err, ErrMalformed) {
				t.Fatalf("%s: %v", name, err)
			}
		}
		runtime.ReadMemStats(&after)
		if n := (after.TotalAlloc - before.TotalAlloc) / runs; n > 4096 {
			t.Errorf("%s: %d bytes for a message of a few", name, n)
		}
	}
}
