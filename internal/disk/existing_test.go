package disk_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/internal/blockhash"
	"github.com/tallow-transfer/tallow/internal/disk/destination"
	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// counting returns Options that count the questions and answer p.
func counting(p destination.Policy, asked *int) destination.Options {
	return destination.Options{Ask: func(context.Context, string, files.Entry, fs.FileInfo) (destination.Policy, error) {
		*asked++
		return p, nil
	}}
}

// Every policy, with a file of the user's that is the same or has some blocks in
// common.
func TestExisting(t *testing.T) {
	const size = 3*mib + 5
	data := random(size, 1)
	flipped := func(at int) []byte {
		b := bytes.Clone(data)
		b[at] ^= 1
		return b
	}
	there := []struct {
		name      string
		mine      []byte
		differing int  // bytes of the blocks that differ
		prefix    bool // other size: known to differ at once
	}{
		{"same", data, 0, false},
		{"first block", flipped(0), mib, false},
		{"last block", flipped(size - 1), 5, false},
		{"longer", append(bytes.Clone(data), 1, 2, 3), 0, true},
		{"shorter", data[:2*mib+9], mib + 5, true},
		{"tiny", []byte("x"), size, true},
	}
	asked := 0
	tests := []struct {
		name    string
		options destination.Options
		want    string // where the contents differ
		asks    bool
	}{
		{"rename", destination.Options{Policy: destination.PolicyRename}, "renamed", false},
		{"overwrite", destination.Options{Policy: destination.PolicyOverwrite}, "replaced", false},
		{"skip", destination.Options{Policy: destination.PolicySkip}, "skipped", false},
		{"fail", destination.Options{Policy: destination.PolicyFail}, "exists", false},
		{"ask nobody", destination.Options{}, "exists", false},
		{"ask: rename", counting(destination.PolicyRename, &asked), "renamed", true},
		{"ask: overwrite", counting(destination.PolicyOverwrite, &asked), "replaced", true},
		{"ask: skip", counting(destination.PolicySkip, &asked), "skipped", true},
		{"ask: fail", counting(destination.PolicyFail, &asked), "exists", true},
	}
	for _, tt := range tests {
		for _, has := range there {
			t.Run(tt.name+"/"+has.name, func(t *testing.T) {
				asked = 0
				from, to := t.TempDir(), t.TempDir()
				src := write(t, filepath.Join(from, "a.txt"), data)
				must(t, os.Chmod(src, 0o640))
				mine := write(t, filepath.Join(to, "a.txt"), has.mine)
				must(t, os.Chmod(mine, 0o604))
				must(t, os.Chtimes(mine, time.Time{}, time.Unix(5, 0)))
				before, inode := tree(t, to), stat(t, mine)

				d := open(t, to, tt.options, src)
				err := d.run(t.Context())
				must(t, d.dst.Close())
				after := tree(t, to)

				want, sent := tt.want, int64(has.differing)
				switch {
				case tt.options.Policy == destination.PolicySkip:
					sent = 0 // and not looked at
				case has.name == "same":
					want = "kept"
				case has.prefix && want == "renamed":
					sent = size // not looked at
				case want == "skipped" || want == "exists":
					sent = 0
				}
				if want != "exists" {
					must(t, err)
				}
				switch want {
				case "kept":
					if now := stat(t, mine); !os.SameFile(now, inode) || d.paths["a.txt"] != "a.txt" {
						t.Errorf("it is another file now, %v", d.paths)
					}
					if tt.options.Policy == destination.PolicyOverwrite {
						before["a.txt"] = tree(t, from)["a.txt"] // with mode and time of the source
					}
				case "replaced":
					before["a.txt"] = tree(t, from)["a.txt"]
				case "renamed":
					before["a (1).txt"] = tree(t, from)["a.txt"]
				case "skipped":
					if d.skipped["a.txt"] == "" {
						t.Error("it was not skipped")
					}
				case "exists":
					if !errors.As(err, new(*destination.ExistsError)) {
						t.Errorf("%v", err)
					}
				}
				if !equalTrees(after, before) {
					t.Errorf("there is %v, want %v", after, before)
				}
				if d.sent != sent {
					t.Errorf("%d bytes were sent, want %d", d.sent, sent)
				}
				if asks := tt.asks && want != "kept"; asked > 1 || (asked == 1) != asks {
					t.Errorf("the person was asked %d times", asked)
				}
			})
		}
	}
}

func equalTrees(a, b map[string]string) bool {
	if len(a) != len(b) {
		return false
	}
	for p, what := range a {
		if b[p] != what {
			return false
		}
	}
	return true
}

func stat(t *testing.T, p string) fs.FileInfo {
	t.Helper()
	info, err := os.Lstat(p)
	must(t, err)
	return info
}

// Empty files are equal, although there is no byte to compare.
func TestExistingEmpty(t *testing.T) {
	for p := destination.PolicyAsk; p <= destination.PolicyFail; p++ {
		if p == destination.PolicySkip {
			continue // nothing is compared
		}
		from, to := t.TempDir(), t.TempDir()
		src := write(t, filepath.Join(from, "a"), nil)
		write(t, filepath.Join(to, "a"), nil)
		if d := deliver(t, to, destination.Options{Policy: p}, src); d.paths["a"] != "a" || len(tree(t, to)) != 1 {
			t.Errorf("%v: %v, %v", p, d.paths, tree(t, to))
		}
	}
}

// A folder that exists as a whole is neither sent nor touched.
func TestExistingFolder(t *testing.T) {
	from := t.TempDir()
	top := filepath.Join(from, "top")
	for i := range 30 {
		write(t, filepath.Join(top, fmt.Sprint("d", i%3), fmt.Sprint(i)), random(i*1000, uint64(i)))
	}
	to := t.TempDir()
	deliver(t, to, destination.Options{}, top)
	before := tree(t, to)
	d := deliver(t, to, destination.Options{Policy: destination.PolicyFail}, top)
	if d.sent != 0 || len(d.paths) != 30 || !equalTrees(tree(t, to), before) {
		t.Errorf("%d bytes sent, %d files in place", d.sent, len(d.paths))
	}
}

// existingFile returns a File that has the name of an existing file of the same
// size, after Have.
func existingFile(t *testing.T, dir string, o destination.Options, mine []byte) (*destination.Folder, files.File) {
	t.Helper()
	write(t, filepath.Join(dir, "a"), mine)
	f := begun(t, dir, o, "a")
	file, err := f.Prepare(t.Context(), 0, fileEntry("a", len(mine)))
	must(t, err)
	have, err := file.Have(t.Context())
	must(t, err)
	if len(have) != int(wire.Blocks(int64(len(mine)))) {
		t.Fatalf("%d blocks are there", len(have))
	}
	return f, file
}

// Another program writes to the existing file after it was compared, and may set
// back its time. The result is never a mixture of both.
func TestExistingThatChanges(t *testing.T) {
	mine := random(2*mib, 1)
	theirs := bytes.Clone(mine)
	theirs[0] ^= 1
	changes := map[string]func(t *testing.T, p string){
		"written": func(t *testing.T, p string) { poke(t, p, mib+9) },
		"time set back": func(t *testing.T, p string) {
			at := stat(t, p).ModTime()
			poke(t, p, mib+9)
			must(t, os.Chtimes(p, at, at))
		},
		"replaced": func(t *testing.T, p string) { must(t, os.Remove(p)); write(t, p, random(2*mib, 2)) },
		"gone":     func(t *testing.T, p string) { must(t, os.Remove(p)) },
		"cut":      func(t *testing.T, p string) { must(t, os.Truncate(p, mib)) },
		"a link": func(t *testing.T, p string) {
			must(t, os.Rename(p, p+"2"))
			must(t, os.Symlink("a2", p))
			poke(t, p+"2", mib+9)
		},
	}
	for name, change := range changes {
		for _, differs := range []bool{false, true} {
			t.Run(fmt.Sprint(name, " ", differs), func(t *testing.T) {
				dir := t.TempDir()
				f, file := existingFile(t, dir, destination.Options{Policy: destination.PolicyOverwrite}, mine)
				p := filepath.Join(dir, "a")
				change(t, p)
				before := tree(t, dir)
				var err error
				if differs { // the sender said of the second block that it is the same
					_, err = file.WriteAt(theirs[:mib], 0)
				} else {
					err = f.Commit(t.Context(), []files.File{file})[0]
				}
				refusedWith(t, err)
				if differs { // and says so again to whoever asks
					must(t, file.Close())
					_, err := file.WriteAt(theirs[:mib], 0)
					refusedWith(t, err)
					refusedWith(t, file.Verified(0, blockhash.Sum(0, theirs[:mib]).Hash))
				}
				if after := tree(t, dir); after["a"] != before["a"] {
					t.Errorf("it is %q now, was %q", after["a"], before["a"])
				}
			})
		}
	}
}

func poke(t *testing.T, p string, at int64) {
	t.Helper()
	f, err := os.OpenFile(p, os.O_RDWR, 0)
	must(t, err)
	_, err = f.WriteAt([]byte{0xaa, 0x55}, at)
	must(t, errors.Join(err, f.Close()))
}

// A sender that sends blocks which the receiver has changes nothing.
func TestExistingSentAllTheSame(t *testing.T) {
	dir, mine := t.TempDir(), random(2*mib+3, 1)
	f, file := existingFile(t, dir, destination.Options{Policy: destination.PolicyFail}, mine)
	before := tree(t, dir)["a"]
	fill(t, file, mine)
	must(t, f.Commit(t.Context(), []files.File{file})[0])
	must(t, f.Finish(t.Context()))
	if after := tree(t, dir); after["a"] != before || len(after) != 1 {
		t.Errorf("%v", after)
	}
}

// There is one question at a time and one for each file, however many goroutines
// write. A user who cancels ends all of them.
func TestExistingQuestions(t *testing.T) {
	for _, gone := range []bool{false, true} {
		dir := t.TempDir()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var at, questions atomic.Int32
		f := begun(t, dir, destination.Options{Ask: func(ctx context.Context, _ string, _ files.Entry, _ fs.FileInfo) (destination.Policy, error) {
			if at.Add(1) != 1 {
				t.Error("two questions at once")
			}
			defer at.Add(-1)
			questions.Add(1)
			if gone {
				cancel()
				<-ctx.Done()
				return 0, ctx.Err()
			}
			return destination.PolicySkip, nil
		}}, "top")
		mustPrepareFolder(t, f, "top")
		var opened []files.File
		for i := range 8 {
			p := fmt.Sprint("top/", i)
			write(t, filepath.Join(dir, p), []byte("mine"))
			file, err := f.Prepare(ctx, uint64(i), fileEntry(p, 4))
			must(t, err)
			_, err = file.Have(ctx)
			must(t, err)
			opened = append(opened, file)
		}
		var group sync.WaitGroup
		for _, file := range opened {
			for range 3 {
				group.Go(func() {
					_, err := file.WriteAt([]byte("they"), 0)
					if gone && !errors.Is(err, context.Canceled) || !gone && !errors.As(err, new(*destination.SkipError)) {
						t.Errorf("%v", err)
					}
				})
			}
		}
		group.Wait()
		if n, want := questions.Load(), map[bool]int32{true: 1, false: 8}[gone]; n != want {
			t.Errorf("%d questions, want %d", n, want)
		}
	}
}

// Nothing is read through a symlink that replaced a folder.
func TestExistingBehindSwappedParent(t *testing.T) {
	for _, moment := range []string{"have", "write", "commit"} {
		t.Run(moment, func(t *testing.T) {
			dest, outside := arena(t) // with a "secret" of 6 bytes
			write(t, filepath.Join(dest, "top", "a", "secret"), []byte("secret"))
			f := begun(t, dest, destination.Options{Policy: destination.PolicyOverwrite}, "top")
			mustPrepareFolder(t, f, "top")
			mustPrepareFolder(t, f, "top/a")
			file, err := f.Prepare(t.Context(), 2, fileEntry("top/a/secret", 6))
			must(t, err)
			swap := func(now string) {
				if now == moment {
					must(t, os.Rename(filepath.Join(dest, "top", "a"), filepath.Join(dest, "top", "moved")))
					must(t, os.Symlink(outside, filepath.Join(dest, "top", "a")))
				}
			}
			swap("have")
			have, err := file.Have(t.Context())
			must(t, err)
			if (len(have) > 0) != (moment != "have") {
				t.Errorf("%d blocks are told", len(have))
			}
			swap("write")
			if moment != "commit" {
				_, err = file.WriteAt([]byte("evil!!"), 0)
				refusedWith(t, err)
			}
			swap("commit")
			refusedWith(t, f.Commit(t.Context(), []files.File{file})[0])
		})
	}
}

// The receiver is killed after the existing file turned out to be different. Its
// blocks are in the partial file, and the next transfer does not send them
// either.
func TestExistingAndResume(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	data := random(6*mib, 1)
	src := write(t, filepath.Join(from, "a"), data)
	mine := bytes.Clone(data)
	mine[0] ^= 1
	mine[5*mib] ^= 1
	write(t, filepath.Join(to, "a"), mine)
	o := destination.Options{Policy: destination.PolicyOverwrite}
	interrupted(t, to, o, src, after(1))
	if read(t, filepath.Join(to, "a")) != string(mine) {
		t.Error("it was written to in place")
	}
	d := deliver(t, to, o, src)
	same(t, to, from)
	if d.sent != mib {
		t.Errorf("%d bytes were sent, one block is missing", d.sent)
	}
}

// Two names are the same file for the disk. If they differ in case only, that is
// a collision; if they are hard links of the user's, it is not.
func TestExistingTwice(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "top", "a"), []byte("mine"))
	must(t, os.Link(filepath.Join(dir, "top", "a"), filepath.Join(dir, "top", "b")))
	f := begun(t, dir, destination.Options{Policy: destination.PolicyOverwrite}, "top")
	mustPrepareFolder(t, f, "top")
	opened := map[string]files.File{}
	for i, e := range []string{"top/a", "top/b"} {
		file, err := f.Prepare(t.Context(), uint64(i), fileEntry(e, 4))
		must(t, err)
		_, err = file.Have(t.Context())
		must(t, err)
		opened[e] = file
		if e == "top/a" {
			must(t, f.Commit(t.Context(), []files.File{file})[0])
		}
	}
	_, err := opened["top/b"].WriteAt([]byte("they"), 0)
	must(t, err)
	must(t, f.Commit(t.Context(), []files.File{opened["top/b"]})[0])
	if a, b := read(t, filepath.Join(dir, "top", "a")), read(t, filepath.Join(dir, "top", "b")); a != "mine" || b != "they" {
		t.Errorf("a is %q, b is %q", a, b)
	}
	// Now a has one name again, and what comes for it a second time collides.
	must(t, os.Rename(filepath.Join(dir, "top", "a"), filepath.Join(dir, "top", "A")))
	_, err = f.Prepare(t.Context(), 9, fileEntry("top/A", 4))
	refusedWith(t, err, "same name")
}

// An existing file that cannot be read has nothing in common.
func TestExistingUnreadable(t *testing.T) {
	if !asUser(t) {
		return
	}
	dir := t.TempDir()
	must(t, os.Chmod(write(t, filepath.Join(dir, "a"), []byte("mine")), 0))
	f := begun(t, dir, destination.Options{Policy: destination.PolicyFail}, "a")
	file, err := f.Prepare(t.Context(), 0, fileEntry("a", 4))
	must(t, err)
	have, err := file.Have(t.Context())
	if err != nil || len(have) > 0 {
		t.Errorf("%v, %v", have, err)
	}
	if err := f.Commit(t.Context(), []files.File{file})[0]; !errors.As(err, new(*destination.ExistsError)) {
		t.Errorf("%v", err)
	}
}

// Have returns the whole blocks of an existing file.
func TestExistingBlocks(t *testing.T) {
	dir, mine := t.TempDir(), random(2*mib+9, 1)
	write(t, filepath.Join(dir, "a"), mine)
	for size, want := range map[int][]uint32{2*mib + 9: {0, 1, 2}, 3 * mib: {0, 1}, 2*mib + 3: {0, 1, 2}, 5: {0}} {
		f := begun(t, dir, destination.Options{Policy: destination.PolicyOverwrite}, "a")
		file, err := f.Prepare(t.Context(), 0, fileEntry("a", size))
		must(t, err)
		have, err := file.Have(t.Context())
		must(t, err)
		var got []uint32
		for i, b := range have {
			got = append(got, i)
			if end := min((int(i)+1)*mib, size); b != blockhash.Sum(i, mine[int(i)*mib:end]) {
				t.Errorf("of %d bytes, block %d is another", size, i)
			}
		}
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("of %d bytes there are %v, want %v", size, got, want)
		}
		must(t, f.Close())
	}
}
