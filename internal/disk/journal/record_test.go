package journal

import (
	"bytes"
	"encoding/hex"
	"reflect"
	"testing"
)

// Journals outlive the program that wrote them, so their bytes are fixed.
func TestRecordBytes(t *testing.T) {
	var hash [32]byte
	for i := range hash {
		hash[i] = byte(i)
	}
	const hashHex = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
	tests := []struct {
		record Record
		kind   recordType
		body   string // hex
		parse  func([]byte) (any, bool)
	}{
		{
			Opened{Version: 1, Names: hash},
			typeOpened, "01" + hashHex,
			func(b []byte) (any, bool) { r, ok := parseOpened(b); return r, ok },
		},
		{
			Listed{ID: 0x0102030405060708, Size: 9, MTime: -1, Path: "a/é"},
			typeListed,
			"0102030405060708" + "0000000000000009" + "ffffffffffffffff" + "612fc3a9",
			func(b []byte) (any, bool) { r, ok := parseListed(b); return r, ok },
		},
		{
			Verified{ID: 0x0102030405060708, Index: 10, Hash: hash},
			typeVerified,
			"0102030405060708" + "0000000a" + hashHex,
			func(b []byte) (any, bool) { r, ok := parseVerified(b); return r, ok },
		},
		{
			Placed{ID: 0x0102030405060708, Flags: PlacedRenamed, Inode: 11, Size: 12, MTime: 13, Path: "b"},
			typePlaced,
			"0102030405060708" + "02" + "000000000000000b" + "000000000000000c" + "000000000000000d" + "62",
			func(b []byte) (any, bool) { r, ok := parsePlaced(b); return r, ok },
		},
		{
			Sealed{Blob: []byte("\x00blob")},
			typeSealed, "00626c6f62",
			func(b []byte) (any, bool) { r, ok := parseSealed(b); return r, ok },
		},
		{
			Named{As: "new"},
			typeNamed, "6e6577",
			func(b []byte) (any, bool) { r, ok := parse(typeNamed, b); return r, ok },
		},
	}
	for _, tt := range tests {
		got := tt.record.Append(nil)
		body, err := hex.DecodeString(tt.body)
		if err != nil {
			t.Fatal(err)
		}
		want := []byte{0, byte(len(body)), byte(tt.kind)}
		if !bytes.Equal(got[:3], want) || !bytes.Equal(got[recordHeader:], body) {
			t.Errorf("%T is %x", tt.record, got)
		}
		back, ok := tt.parse(body)
		if !ok || !reflect.DeepEqual(back, tt.record) {
			t.Errorf("%T comes back as %+v, %v", tt.record, back, ok)
		}
		if _, ok := tt.parse(body[:min(len(body)-1, 20)]); ok && tt.kind != typeSealed && tt.kind != typeNamed { // which have any length
			t.Errorf("%T is parsed from too few bytes", tt.record)
		}
	}
}

func TestSealedBounds(t *testing.T) {
	for n, want := range map[int]bool{0: false, 1: true, MaxSealed: true, MaxSealed + 1: false} {
		if _, ok := parseSealed(make([]byte, n)); ok != want {
			t.Errorf("%d bytes: %v", n, ok)
		}
	}
}

// The published check value of CRC-32C shows that the polynomial is right.
func TestChecksum(t *testing.T) {
	if got := checksum([]byte("1234"), []byte("56789")); got != 0xe3069283 {
		t.Errorf("%#x", got)
	}
}

// sample returns a journal with every type of record, and one of the future.
func sample() (journal []byte, records []int) {
	add := func(r Record) {
		records = append(records, len(journal))
		journal = r.Append(journal)
	}
	add(Opened{Version: Version, Names: [32]byte{1}})
	add(Listed{ID: 1, Size: 3 << 20, MTime: 5, Path: "top/a"})
	add(Verified{ID: 1, Index: 0, Hash: [32]byte{1}})
	add(Verified{ID: 1, Index: 2, Hash: [32]byte{2}})
	add(future{})
	add(Sealed{Blob: []byte("sealed by the code")})
	add(Placed{ID: 2, Flags: PlacedFolder, Path: "top"})
	add(Verified{ID: 3, Index: 0, Hash: [32]byte{3}})
	add(Placed{ID: 3, Inode: 77, Size: 9, MTime: 5, Path: "top/b"})
	return journal, records
}

// future is a record that only a later version knows.
type future struct{}

func (future) Append(b []byte) []byte {
	return appendRecord(b, 200, func(b []byte) []byte { return append(b, "sealed"...) })
}

func TestAccount(t *testing.T) {
	j, _ := sample()
	a, err := ReadAccount(bytes.NewReader(j))
	if err != nil || a.End != int64(len(j)) {
		t.Fatalf("%+v, %v", a, err)
	}
	if got := a.Blocks[1]; len(got) != 2 || got[1] != (Block{2, [32]byte{2}}) {
		t.Errorf("blocks of file 1: %v", got)
	}
	if got := a.Blocks[3]; got != nil {
		t.Errorf("a file that is placed has blocks: %v", got)
	}
	if _, ok := a.Placed(1); ok {
		t.Error("a file that is not placed is")
	}
	for _, id := range []uint64{2, 3} {
		if _, ok := a.Placed(id); !ok {
			t.Errorf("%d is not placed", id)
		}
	}
	if a.Inodes[77] != (Placed{Size: 9, MTime: 5}).Mark() || len(a.Inodes) != 1 {
		t.Errorf("inodes %v", a.Inodes)
	}
}

// A journal that is cut off anywhere, or has any bit flipped, is read up to the
// damage without an error.
func TestDamagedJournal(t *testing.T) {
	j, records := sample()
	sound := func(n int) (end int64) { // of the records that lie in the first n bytes
		for _, at := range append(records[1:], len(j)) {
			if at <= n {
				end = int64(at)
			}
		}
		return end
	}
	for n := range j {
		a, err := ReadAccount(bytes.NewReader(j[:n]))
		if err != nil || a.End != sound(n) {
			t.Errorf("cut at %d: %d of %d sound, %v", n, a.End, sound(n), err)
		}
	}
	for n := range j {
		for bit := range 8 {
			d := bytes.Clone(j)
			d[n] ^= 1 << bit
			a, err := ReadAccount(bytes.NewReader(d))
			if err != nil || a.End != sound(n) {
				t.Errorf("bit %d of byte %d flipped: %d of %d sound, %v", bit, n, a.End, sound(n), err)
			}
		}
	}
}

// A record that makes no sense where it is ends the journal too, although its
// checksum is right.
func TestOddJournal(t *testing.T) {
	head := Opened{Version: 1}.Append(nil)
	short := appendRecord(nil, typeVerified, func(b []byte) []byte { return append(b, 1) })
	for name, j := range map[string][]byte{
		"without a head":   Verified{ID: 1}.Append(nil),
		"with two heads":   append(bytes.Clone(head), head...),
		"with a stump":     append(bytes.Clone(head), short...),
		"of zeros":         make([]byte, 100),
		"head, then zeros": append(bytes.Clone(head), make([]byte, 100)...),
	} {
		a, err := ReadAccount(bytes.NewReader(j))
		want := int64(0)
		if bytes.HasPrefix(j, head) {
			want = int64(len(head))
		}
		if err != nil || a.End != want || len(a.Blocks) > 0 {
			t.Errorf("a journal %s: %d sound, %v, %v", name, a.End, a.Blocks, err)
		}
	}
}

// A record is found among many; of several for one id the last.
func TestPlaces(t *testing.T) {
	j := Opened{Version: 1}.Append(nil)
	last := map[uint64]int64{}
	for i := range uint64(1000) {
		id := i * 7 % 300
		last[id] = int64(len(j))
		j = Placed{ID: id, Inode: i + 1}.Append(j)
	}
	a, err := ReadAccount(bytes.NewReader(j))
	if err != nil {
		t.Fatal(err)
	}
	for id := range uint64(400) {
		at, ok := a.Placed(id)
		want, there := last[id]
		if at != want || ok != there {
			t.Errorf("%d is at %d, %v; want %d, %v", id, at, ok, want, there)
		}
	}
}

// Arbitrary bytes give no error and no panic, and the sound part is read the same
// way again.
func FuzzJournal(f *testing.F) {
	j, records := sample()
	f.Add(j)
	f.Add(j[:records[3]+5])
	f.Add(append(bytes.Clone(j), 0xff, 0xff, 4))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := ReadAccount(bytes.NewReader(b))
		if err != nil || a.End < 0 || a.End > int64(len(b)) {
			t.Fatalf("%+v, %v", a, err)
		}
		again, err := ReadAccount(bytes.NewReader(b[:a.End]))
		if err != nil || !reflect.DeepEqual(again, a) {
			t.Errorf("%+v, then %+v, %v", a, again, err)
		}
	})
}
