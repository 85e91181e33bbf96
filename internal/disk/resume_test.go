package disk_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/internal/blockhash"
	"github.com/tallow-transfer/tallow/internal/disk/destination"
	"github.com/tallow-transfer/tallow/internal/disk/partial"
	"github.com/tallow-transfer/tallow/internal/disk/source"
	"github.com/tallow-transfer/tallow/pkg/files"
)

const mib = files.BlockSize

// kept is how many blocks a kill may cost: those that were verified, but not yet
// synced and claimed in the journal.
const kept = 24 * mib

// A receiver is killed at different moments (by SIGKILL: nothing is flushed or
// closed) and runs again. What was verified is not sent again.
func TestKilled(t *testing.T) {
	from := t.TempDir()
	top := filepath.Join(from, "top")
	total := 0
	for i, size := range []int{5, 9 * mib, 0, 3*mib + 1, 100, 20 * mib, 7, mib, 12*mib - 3} {
		write(t, filepath.Join(top, fmt.Sprintf("d%d", i%3), fmt.Sprintf("f%d", i)), random(size, uint64(i)))
		total += size
	}
	for _, blocks := range []int{1, 2, 9, 14, 25, 34, 46} {
		t.Run(fmt.Sprint(blocks), func(t *testing.T) {
			to := t.TempDir()
			killed(t, top, to, blocks)
			if got := partial.Remembered(t.Context(), to, ""); len(got) != 1 || string(got[0]) != childSealed {
				t.Errorf("%q is remembered", got)
			}
			d := deliver(t, to, destination.Options{}, top)
			same(t, to, from)
			if most := int64(total - blocks*mib + kept + mib); d.sent > most+4*mib {
				t.Errorf("%d bytes were sent again, %d were missing", d.sent, most)
			}
			if len(leftovers(t, to)) > 0 {
				t.Error("our folder is still there")
			}
		})
	}
}

// interrupted receives src into dest until stop returns true, and closes as after
// Ctrl-C.
func interrupted(t *testing.T, dest string, o destination.Options, src string, stop func() bool) *delivery {
	t.Helper()
	d := open(t, dest, o, src)
	d.batch, d.stop = 1, stop
	if err := d.run(t.Context()); err != errStopped {
		t.Fatalf("%v", err)
	}
	must(t, d.dst.Close())
	must(t, d.src.Close())
	return d
}

func after(blocks int) func() bool {
	return func() bool { blocks--; return blocks <= 0 }
}

// partOf returns the only partial file below dest.
func partOf(t *testing.T, dest string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dest, ".tallow-*", "?", "*.part"))
	if err != nil || len(found) != 1 {
		t.Fatalf("%v, %v", found, err)
	}
	return found[0]
}

// The source has changed. Only the blocks that differ are sent.
func TestResumeOfChangedSource(t *testing.T) {
	old := random(5*mib+10, 1)
	tests := []struct {
		name string
		now  []byte
		sent int
	}{
		{"same", old, 2*mib + 10},
		{"longer", append(bytes.Clone(old), random(2*mib, 2)...), 4*mib + 10},
		{"shorter, within what is there", old[:2*mib+7], 7},
		{"shorter, at a block", old[:2*mib], 0},
		{"shorter than a block", old[:100], 100},
		{"empty", nil, 0},
		{"other first byte", append([]byte{^old[0]}, old[1:]...), 3*mib + 10},
		{"all other", random(5*mib+10, 3), 5*mib + 10},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			from, to := t.TempDir(), t.TempDir()
			src := write(t, filepath.Join(from, "a"), old)
			interrupted(t, to, destination.Options{}, src, after(3))
			write(t, src, tt.now)
			d := deliver(t, to, destination.Options{}, src)
			same(t, to, from)
			if d.sent != int64(tt.sent) {
				t.Errorf("%d bytes were sent, want %d", d.sent, tt.sent)
			}
		})
	}
}

// What counts is not the journal but what is on the disk.
func TestResumeOfDamagedData(t *testing.T) {
	damage := map[string]struct {
		do   func(t *testing.T, part string)
		lost int // blocks
	}{
		"a flipped bit": {func(t *testing.T, part string) {
			f, err := os.OpenFile(part, os.O_RDWR, 0)
			must(t, err)
			defer f.Close()
			var b [1]byte
			_, err = f.ReadAt(b[:], mib+5)
			must(t, err)
			b[0] ^= 1
			_, err = f.WriteAt(b[:], mib+5)
			must(t, err)
		}, 1},
		"a cut":        {func(t *testing.T, part string) { must(t, os.Truncate(part, mib+1)) }, 2},
		"emptied":      {func(t *testing.T, part string) { must(t, os.Truncate(part, 0)) }, 3},
		"gone":         {func(t *testing.T, part string) { must(t, os.Remove(part)) }, 3},
		"not readable": {func(t *testing.T, part string) { must(t, os.Chmod(part, 0)) }, 0},
		"longer":       {func(t *testing.T, part string) { must(t, os.Truncate(part, 100*mib)) }, 0},
		"in a new inode": {func(t *testing.T, part string) {
			b := read(t, part)
			must(t, os.Remove(part))
			write(t, part, []byte(b))
		}, 0},
	}
	for name, tt := range damage {
		t.Run(name, func(t *testing.T) {
			from, to := t.TempDir(), t.TempDir()
			src := write(t, filepath.Join(from, "a"), random(5*mib+10, 1))
			interrupted(t, to, destination.Options{}, src, after(3))
			tt.do(t, partOf(t, to))
			d := deliver(t, to, destination.Options{}, src)
			same(t, to, from)
			if want := int64((2+tt.lost)*mib + 10); d.sent != want {
				t.Errorf("%d bytes were sent, want %d", d.sent, want)
			}
		})
	}
}

// The journal is cut off or damaged anywhere. The transfer begins, believes
// nothing wrong, and uses what comes before the damage.
func TestResumeWithDamagedJournal(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	top := filepath.Join(from, "top")
	data := random(3*mib, 1)
	write(t, filepath.Join(top, "small"), []byte("small"))
	write(t, filepath.Join(top, "zbig"), data)
	entries := map[string]files.Entry{}
	d := open(t, to, destination.Options{}, top)
	must(t, d.src.Walk(t.Context(), func(i files.Item) error { entries[i.Path] = i.Entry; return nil }))
	// The order of a folder is the disk's: small has to be committed first.
	f := begun(t, to, destination.Options{}, "top")
	_, err := f.Prepare(t.Context(), 0, entries["top"])
	must(t, err)
	_, err = put(t, f, entries["top/small"], []byte("small"))
	must(t, err)
	big, err := f.Prepare(t.Context(), 2, entries["top/zbig"])
	must(t, err)
	fill(t, big, data[:2*mib])
	must(t, f.Close())

	box := leftovers(t, to)[0]
	part := partOf(t, to)
	journal := []byte(read(t, filepath.Join(box, "journal")))
	work := t.TempDir()
	dest := filepath.Join(work, "dest")
	// try resumes with the journal j and says how many blocks are found.
	try := func(j []byte) (blocks int) {
		must(t, os.RemoveAll(dest))
		again := filepath.Join(dest, filepath.Base(box))
		sub := filepath.Join(again, filepath.Base(filepath.Dir(part)))
		must(t, os.MkdirAll(sub, 0o700))
		must(t, os.Mkdir(filepath.Join(dest, "top"), 0o755))
		must(t, os.Link(part, filepath.Join(sub, filepath.Base(part))))
		must(t, os.Link(filepath.Join(to, "top", "small"), filepath.Join(dest, "top", "small")))
		write(t, filepath.Join(again, "lock"), nil)
		write(t, filepath.Join(again, "journal"), j)
		f, err := destination.NewFolder(t.Context(), dest, destination.Options{Policy: destination.PolicyOverwrite})
		must(t, err)
		defer f.Close()
		must(t, f.Begin(t.Context(), []string{"top"}, 0))
		for p, content := range map[string][]byte{"top/small": []byte("small"), "top/zbig": data} {
			file, err := f.Prepare(t.Context(), 0, entries[p])
			must(t, err)
			have, err := file.Have(t.Context())
			must(t, err)
			for i, b := range have {
				want := content[int(i)*mib:]
				if b != blockhash.Sum(i, want[:min(mib, len(want))]) {
					t.Errorf("%s: block %d is claimed and is not so", p, i)
				}
			}
			blocks += len(have)
		}
		return blocks
	}
	if got := try(journal); got != 3 {
		t.Fatalf("the sound journal gives %d blocks", got)
	}
	before := 0
	for n := range journal {
		got := try(journal[:n])
		if got < before {
			t.Errorf("cut at %d there are %d blocks, %d with less of it", n, got, before)
		}
		before = got
	}
	if before < 2 {
		t.Errorf("with all but a byte of the journal there are %d blocks", before)
	}
	for n := range journal {
		d := bytes.Clone(journal)
		d[n] ^= 1 << (n % 8)
		if got, most := try(d), 3; got >= most {
			t.Errorf("byte %d flipped: %d blocks", n, got)
		}
	}
}

// What was committed before the interruption stays in place. Nothing of it is
// asked about or sent again, under any policy.
func TestResumeAfterCommits(t *testing.T) {
	for p := destination.PolicyAsk; p <= destination.PolicyFail; p++ {
		t.Run(p.String(), func(t *testing.T) {
			from, to := t.TempDir(), t.TempDir()
			top := filepath.Join(from, "top")
			for i := range 6 {
				write(t, filepath.Join(top, fmt.Sprint(i)), random(mib+i, uint64(i)))
			}
			interrupted(t, to, destination.Options{Policy: p}, top, after(8))
			d := deliver(t, to, destination.Options{Policy: p}, top)
			same(t, to, from)
			if want := int64(2*mib + 20); d.sent > want || len(d.skipped) > 0 {
				t.Errorf("%d bytes were sent, %v skipped", d.sent, d.skipped)
			}
		})
	}
}

// The source of a committed file has changed. The file is never written to in
// place, but replaced once the new one is whole.
func TestResumeOfCommittedThatChanged(t *testing.T) {
	tests := map[string]struct {
		change func(b []byte) []byte
		sent   int
	}{
		"a block":      {func(b []byte) []byte { b[mib] ^= 1; return b }, mib},
		"longer":       {func(b []byte) []byte { return append(b, 1) }, 6},
		"shorter":      {func(b []byte) []byte { return b[:2*mib] }, 0},
		"only touched": {func(b []byte) []byte { return b }, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			from, to := t.TempDir(), t.TempDir()
			top := filepath.Join(from, "top")
			src := write(t, filepath.Join(top, "a"), random(2*mib+5, 1))
			f := begun(t, to, destination.Options{}, "top")
			receiveAll(t, f, top)
			must(t, f.Close())

			write(t, src, tt.change(random(2*mib+5, 1)))
			must(t, os.Chmod(src, 0o600))
			must(t, os.Chtimes(src, time.Time{}, time.Unix(5, 0)))
			old := read(t, filepath.Join(to, "top", "a"))
			d := open(t, to, destination.Options{Policy: destination.PolicyFail}, top)
			d.stop = func() bool {
				if got := read(t, filepath.Join(to, "top", "a")); got != old {
					t.Error("the file was changed in place")
				}
				return false
			}
			must(t, d.run(t.Context()))
			same(t, to, from)
			if d.sent != int64(tt.sent) {
				t.Errorf("%d bytes were sent, want %d", d.sent, tt.sent)
			}
		})
	}
}

// A time that was corrected in place is recognized by the next transfer, if this
// one is interrupted again.
func TestResumeTwiceOfTouched(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	src := write(t, filepath.Join(from, "a"), random(mib, 1))
	for second := range int64(3) {
		must(t, os.Chtimes(src, time.Time{}, time.Unix(second, 5)))
		f := begun(t, to, destination.Options{Policy: destination.PolicyFail}, "a")
		receiveAll(t, f, src)
		must(t, f.Close())
	}
	deliver(t, to, destination.Options{Policy: destination.PolicyFail}, src)
	same(t, to, from)
}

// A file that the user put in the place of one of an interrupted transfer is the
// user's, even if it got the same inode.
func TestResumeOfReplacedByPerson(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	src := write(t, filepath.Join(from, "a"), []byte("theirs"))
	f := begun(t, to, destination.Options{}, "a")
	receiveAll(t, f, src)
	must(t, f.Close())
	write(t, filepath.Join(to, "a"), []byte("mine")) // in place: the inode stays
	d := open(t, to, destination.Options{Policy: destination.PolicyFail}, src)
	if err := d.run(t.Context()); !errors.As(err, new(*destination.ExistsError)) {
		t.Errorf("%v", err)
	}
	must(t, d.dst.Close())
	deliver(t, to, destination.Options{Policy: destination.PolicyRename}, src)
	if got := read(t, filepath.Join(to, "a")) + read(t, filepath.Join(to, "a (1)")); got != "minetheirs" {
		t.Errorf("%q", got)
	}
}

// receiveAll receives a folder up to the commit of all of its files.
func receiveAll(t *testing.T, f *destination.Folder, src string) {
	t.Helper()
	s, err := source.NewPaths(t.Context(), []string{src}, source.Options{})
	must(t, err)
	defer s.Close()
	d := &delivery{src: s, dst: f, paths: map[string]string{}, skipped: map[string]string{}, failed: map[string]error{}}
	must(t, s.Walk(t.Context(), func(i files.Item) error { return d.entry(t.Context(), i) }))
	must(t, d.commit(t.Context()))
	for p, err := range d.failed {
		t.Errorf("%s: %v", p, err)
	}
}

// The transfer is interrupted while a committed file is being replaced. The
// blocks of the new file are kept too.
func TestResumeOfReplacement(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	data := random(4*mib, 1)
	src := write(t, filepath.Join(from, "a"), data)
	f := begun(t, to, destination.Options{}, "a")
	receiveAll(t, f, src)
	must(t, f.Close())

	data[0] ^= 1
	data[2*mib] ^= 1
	data[3*mib] ^= 1
	write(t, src, data)
	interrupted(t, to, destination.Options{}, src, after(2))
	d := deliver(t, to, destination.Options{}, src)
	same(t, to, from)
	if d.sent != mib {
		t.Errorf("%d bytes were sent, one block is missing", d.sent)
	}
}

// The receiver is killed between the record of a commit and the rename.
func TestResumeBeforeRename(t *testing.T) {
	if !asUser(t) { // whom the final mode of the partial file binds
		return
	}
	from, to := t.TempDir(), t.TempDir()
	src := write(t, filepath.Join(from, "a"), random(2*mib+5, 1))
	must(t, os.Chmod(src, 0o400))
	f := begun(t, to, destination.Options{}, "a")
	receiveAll(t, f, src)
	must(t, f.Close())
	// As it was before the rename: the same file under its partial name.
	entry, err := os.ReadDir(leftovers(t, to)[0])
	must(t, err)
	if len(entry) != 5 { // one of them is the subfolder of the partial file
		t.Fatalf("%v", entry)
	}
	part := filepath.Join(leftovers(t, to)[0], partNameOf("a"))
	must(t, os.Rename(filepath.Join(to, "a"), part))

	d := deliver(t, to, destination.Options{}, src)
	same(t, to, from)
	if d.sent != 0 {
		t.Errorf("%d bytes were sent", d.sent)
	}
}

func partNameOf(p string) string {
	h := blockhash.Sum(0, []byte(p)).Root // BLAKE3 of the path
	return filepath.Join(fmt.Sprintf("%x", h[0]>>4), fmt.Sprintf("%x.part", h[:8]))
}

// Files that were renamed because of a conflict are found again.
func TestResumeOfRenamed(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	top := filepath.Join(from, "top")
	write(t, filepath.Join(top, "a.txt"), random(mib, 1))
	write(t, filepath.Join(to, "top", "a.txt"), []byte("mine"))
	f := begun(t, to, destination.Options{Policy: destination.PolicyRename}, "top")
	receiveAll(t, f, top)
	must(t, f.Close())
	d := deliver(t, to, destination.Options{Policy: destination.PolicyRename}, top)
	if d.sent != 0 || d.paths["top/a.txt"] != "top/a (1).txt" {
		t.Errorf("%d bytes sent, %v", d.sent, d.paths)
	}
	if found := tree(t, to); len(found) != 3 || read(t, filepath.Join(to, "top", "a.txt")) != "mine" {
		t.Errorf("%v", found)
	}
}

// So are files that were renamed only at the commit.
func TestResumeOfRenamedAtCommit(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	src := write(t, filepath.Join(from, "a"), []byte("theirs"))
	f := begun(t, to, destination.Options{Policy: destination.PolicyRename}, "a")
	file, err := f.Prepare(t.Context(), 0, list(t, newSource(t, src)).entries["a"])
	must(t, err)
	fill(t, file, []byte("theirs"))
	write(t, filepath.Join(to, "a"), []byte("mine"))
	must(t, f.Commit(t.Context(), []files.File{file})[0])
	must(t, f.Close())
	d := deliver(t, to, destination.Options{Policy: destination.PolicyRename}, src)
	if d.sent != 0 || d.paths["a"] != "a (1)" || len(tree(t, to)) != 2 {
		t.Errorf("%d bytes sent, %v, %v", d.sent, d.paths, tree(t, to))
	}
}

// The transfer runs again with another name for what is sent. What has the first
// name stays, and everything is received under the new one.
func TestResumeUnderAnotherName(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	src := write(t, filepath.Join(from, "top", "a"), []byte("theirs"))
	f := begun(t, to, destination.Options{As: "one"}, "top")
	receiveAll(t, f, filepath.Dir(src))
	must(t, f.Close())
	d := deliver(t, to, destination.Options{As: "two"}, filepath.Dir(src))
	if d.sent != 6 || read(t, filepath.Join(to, "one", "a")) != "theirs" || read(t, filepath.Join(to, "two", "a")) != "theirs" {
		t.Errorf("%d bytes sent, %v", d.sent, d.paths)
	}
}

// A folder that an interrupted transfer made gets its mode and time in the end,
// even if Finish had already set a mode that forbids access.
func TestResumeOfFolders(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	top := filepath.Join(from, "top")
	write(t, filepath.Join(top, "sub", "a"), random(mib, 1))
	must(t, os.Chmod(filepath.Join(top, "sub"), 0o555))
	must(t, os.Chtimes(top, time.Unix(7, 0), time.Unix(7, 0)))
	t.Cleanup(func() {
		_ = os.Chmod(filepath.Join(top, "sub"), 0o755)
		_ = os.Chmod(filepath.Join(to, "top", "sub"), 0o755)
	})
	f := begun(t, to, destination.Options{}, "top")
	receiveAll(t, f, top)
	must(t, f.Close())
	must(t, os.Chmod(filepath.Join(to, "top", "sub"), 0o555))
	deliver(t, to, destination.Options{}, top)
	same(t, to, from)
}

// A Finish is interrupted after it made a symlink that leads out, and before it
// checked it.
func TestResumeOfFinish(t *testing.T) {
	dest, _ := arena(t)
	f := begun(t, dest, destination.Options{}, "top")
	mustPrepareFolder(t, f, "top")
	_, err := put(t, f, fileEntry("top/a", 1), []byte("1"))
	must(t, err)
	must(t, f.Close())
	// Word by word p is top; but q is top already, so p is the destination.
	links := map[string]string{"q": ".", "p": "q/..", "fine": "a"}
	for name, target := range links {
		must(t, os.Symlink(target, filepath.Join(dest, "top", name)))
	}

	f = begun(t, dest, destination.Options{}, "top")
	mustPrepareFolder(t, f, "top")
	for name, target := range links {
		_, err := f.Prepare(t.Context(), 0, files.Entry{Kind: files.KindSymlink, Path: "top/" + name, Target: target})
		must(t, err)
	}
	mentions(t, firstUnfinished(f.Finish(t.Context())), "top/p", "leads out")
	for name, there := range map[string]bool{"q": true, "p": false, "fine": true} {
		if _, err := os.Lstat(filepath.Join(dest, "top", name)); (err == nil) != there {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Two simultaneous transfers of the same names into one destination have a
// partial folder each, and both can be resumed.
func TestLock(t *testing.T) {
	dir := t.TempDir()
	one := begun(t, dir, destination.Options{}, "b", "a")
	two := begun(t, dir, destination.Options{}, "a", "b") // the order does not matter
	found := leftovers(t, dir)
	if len(found) != 2 || found[1] != found[0]+"-2" || !strings.HasPrefix(filepath.Base(found[0]), ".tallow-") {
		t.Fatalf("%v", found)
	}
	other := begun(t, dir, destination.Options{}, "c")
	if got := leftovers(t, dir); len(got) != 3 {
		t.Errorf("%v", got)
	}
	must(t, other.Close())

	file, err := two.Prepare(t.Context(), 0, fileEntry("a", 3*mib))
	must(t, err)
	fill(t, file, random(2*mib, 1))
	must(t, two.Close())
	must(t, one.Close())
	if got := leftovers(t, dir); len(got) != 1 || got[0] != found[1] {
		t.Errorf("%v", got) // the first had nothing that is worth a resume
	}
	three := begun(t, dir, destination.Options{}, "a", "b")
	file, err = three.Prepare(t.Context(), 0, fileEntry("a", 3*mib))
	must(t, err)
	if have, err := file.Have(t.Context()); err != nil || len(have) != 2 {
		t.Errorf("%v, %v", have, err)
	}
}

// A folder with the right name is left alone if its journal is of a later version
// or of other names.
func TestForeignJournal(t *testing.T) {
	names := blockhash.Sum(0, []byte{0, 0, 0, 1, 'a'}).Root // BLAKE3 of what is sent
	for _, tt := range []struct {
		version byte
		names   [32]byte
		foreign bool
	}{{1, names, false}, {9, names, true}, {1, [32]byte{}, true}} {
		dir := t.TempDir()
		f := begun(t, dir, destination.Options{}, "a")
		box := leftovers(t, dir)[0]
		must(t, f.Close())
		write(t, filepath.Join(box, "lock"), nil)
		head, body := []byte{0, 33, 1}, append([]byte{tt.version}, tt.names[:]...)
		sum := crc32.Checksum(append(bytes.Clone(head), body...), crc32.MakeTable(crc32.Castagnoli))
		journal := append(binary.BigEndian.AppendUint32(head, sum), body...)
		write(t, filepath.Join(box, "journal"), journal)
		f = begun(t, dir, destination.Options{}, "a")
		if got := leftovers(t, dir); (len(got) == 2) != tt.foreign {
			t.Errorf("version %d: %v", tt.version, got)
		}
		must(t, f.Close())
		if b, err := os.ReadFile(filepath.Join(box, "journal")); tt.foreign && (err != nil || !bytes.Equal(b, journal)) {
			t.Errorf("it was changed: %v", err)
		}
	}
}

// What Close leaves. It may be called again, and after Finish.
func TestClose(t *testing.T) {
	base := t.TempDir()
	t.Run("before Begin", func(t *testing.T) {
		dir := filepath.Join(base, "new", "folder")
		f := folder(t, dir, destination.Options{})
		must(t, f.Close())
		must(t, f.Close())
		if _, err := os.Stat(dir); err == nil {
			t.Error("the folder that NewFolder made is still there")
		}
	})
	t.Run("nothing verified", func(t *testing.T) {
		dir := t.TempDir()
		f := begun(t, dir, destination.Options{}, "a")
		file, err := f.Prepare(t.Context(), 0, fileEntry("a", 10))
		must(t, err)
		_, err = file.WriteAt([]byte("1"), 0)
		must(t, err)
		must(t, f.Close())
		if found := tree(t, dir); len(found) > 0 {
			t.Errorf("%v", found)
		}
		if _, err := file.WriteAt([]byte("1"), 0); err == nil {
			t.Error("a file of a closed folder can be written")
		}
		if _, err := f.Prepare(t.Context(), 0, fileEntry("b", 10)); err == nil {
			t.Error("a closed folder takes entries")
		}
	})
	t.Run("after Finish", func(t *testing.T) {
		dir := t.TempDir()
		f := begun(t, dir, destination.Options{}, "a")
		_, err := put(t, f, fileEntry("a", 1), []byte("1"))
		must(t, err)
		must(t, f.Finish(t.Context()))
		must(t, f.Close())
		if found := tree(t, dir); len(found) != 1 {
			t.Errorf("%v", found)
		}
	})
	t.Run("mode of our folder", func(t *testing.T) {
		dir := t.TempDir()
		begun(t, dir, destination.Options{}, "a")
		info, err := os.Stat(leftovers(t, dir)[0])
		if err != nil || info.Mode() != fs.ModeDir|0o700 {
			t.Errorf("%v, %v", info.Mode(), err)
		}
	})
}

// A file that is given up keeps its blocks, and can be prepared again.
func TestGiveUpFile(t *testing.T) {
	dir := t.TempDir()
	f := begun(t, dir, destination.Options{}, "a")
	file, err := f.Prepare(t.Context(), 0, fileEntry("a", 2*mib))
	must(t, err)
	fill(t, file, random(mib, 1))
	must(t, file.Close())
	must(t, file.Close())
	if _, err := file.WriteAt([]byte("1"), 0); err == nil {
		t.Error("it can still be written")
	}
	must(t, f.Close())
	f = begun(t, dir, destination.Options{}, "a")
	file, err = f.Prepare(t.Context(), 0, fileEntry("a", 2*mib))
	must(t, err)
	if have, err := file.Have(t.Context()); err != nil || len(have) != 1 {
		t.Errorf("%v, %v", have, err)
	}
}

// Files that are committed soon leave one short record each. Blocks that come
// again after that leave none.
func TestJournalStaysSmall(t *testing.T) {
	const files = 200
	dir := t.TempDir()
	f := begun(t, dir, destination.Options{}, "top")
	mustPrepareFolder(t, f, "top")
	for i := range files {
		file, err := put(t, f, fileEntry(fmt.Sprintf("top/%03d", i), 3), []byte("123"))
		must(t, err)
		must(t, file.Verified(0, blockhash.Sum(0, []byte("123")).Hash))
	}
	must(t, f.Close())
	info, err := os.Stat(filepath.Join(leftovers(t, dir)[0], "journal"))
	must(t, err)
	if most := int64(100 + files*(40+len("top/000"))); info.Size() > most {
		t.Errorf("%d bytes for %d files", info.Size(), files)
	}
}
