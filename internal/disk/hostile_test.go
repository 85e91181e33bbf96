package disk_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tallow-transfer/tallow/internal/disk/destination"
	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// arena returns a destination, and a folder beside it that nothing may reach.
func arena(t *testing.T) (dest, outside string) {
	t.Helper()
	dir := t.TempDir()
	dest, outside = filepath.Join(dir, "dest"), filepath.Join(dir, "outside")
	must(t, os.Mkdir(dest, 0o755))
	write(t, filepath.Join(outside, "secret"), []byte("secret"))
	t.Cleanup(func() {
		found := tree(t, dir)
		for p := range found {
			if !strings.HasPrefix(p, "dest") && p != "outside" && p != "outside/secret" {
				t.Errorf("%s was made outside", p)
			}
		}
		if got := read(t, filepath.Join(outside, "secret")); got != "secret" {
			t.Errorf("the file outside is %q", got)
		}
	})
	return dest, outside
}

func refusedWith(t *testing.T, err error, words ...string) {
	t.Helper()
	var skip *destination.SkipError
	if !errors.As(err, &skip) {
		t.Fatalf("not refused: %v", err)
	}
	if len(skip.Reason) == 0 || len(skip.Reason) > wire.MaxSkipReason {
		t.Errorf("the reason %q has %d bytes", skip.Reason, len(skip.Reason))
	}
	mentions(t, err, words...)
}

// What a peer can list to get where it must not.
func TestHostileManifest(t *testing.T) {
	link := func(p, target string) files.Entry {
		return files.Entry{Kind: files.KindSymlink, Path: p, Target: target}
	}
	tests := []struct {
		name    string
		before  []files.Entry // are taken
		refused files.Entry
	}{
		{"up", nil, fileEntry("../outside/secret", 1)},
		{"up below", nil, fileEntry("top/../../outside/secret", 1)},
		{"absolute", nil, fileEntry("/etc/passwd", 1)},
		{"not offered", nil, fileEntry("other", 1)},
		{"not offered, a folder", nil, dirEntry("other")},
		{"folder was not sent", nil, fileEntry("top/no/file", 1)},
		{"folder of a folder was not sent", nil, dirEntry("top/no/folder")},
		{"link that is absolute", nil, link("top/l", "/etc")},
		{"link that leads up", nil, link("top/l", "../../outside")},
		{"link beside the tree", nil, link("top", "outside")},
		{"file in a link of this transfer", []files.Entry{link("top/l", "sub")}, fileEntry("top/l/file", 1)},
		{"file in a link of the destination", nil, fileEntry("top/inside/file", 1)},
		{"file in a link that leads out", nil, fileEntry("top/outside/file", 1)},
		{"folder in a link that leads out", nil, dirEntry("top/outside/folder")},
		{"folder on a link", nil, dirEntry("top/outside")},
		{"folder on a file", nil, dirEntry("top/file")},
		{"file in a file", nil, fileEntry("top/file/file", 1)},
		{"twice", []files.Entry{fileEntry("top/a", 1)}, fileEntry("top/a", 1)},
		{"our own folder", nil, dirEntry(".tallow-0123456789abcdef")},
		{"into our own folder", nil, fileEntry(".tallow-0123456789abcdef/journal", 1)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dest, outside := arena(t)
			write(t, filepath.Join(dest, "top", "file"), []byte("mine"))
			must(t, os.Mkdir(filepath.Join(dest, "top", "sub"), 0o755))
			must(t, os.Symlink("sub", filepath.Join(dest, "top", "inside")))
			must(t, os.Symlink(outside, filepath.Join(dest, "top", "outside")))
			before := tree(t, dest)
			f := begun(t, dest, destination.Options{Policy: destination.PolicyOverwrite}, "top", "..", "/etc", ".tallow-0123456789abcdef")
			mustPrepareFolder(t, f, "top")
			for _, e := range tt.before {
				if _, err := f.Prepare(t.Context(), 1, e); err != nil {
					t.Fatal(err)
				}
			}
			_, err := f.Prepare(t.Context(), 2, tt.refused)
			refusedWith(t, err)
			must(t, f.Close())
			for p, what := range tree(t, dest) {
				if before[p] != what {
					t.Errorf("%s is %q, was %q", p, what, before[p])
				}
			}
		})
	}
}

// The partial folder is recognized under any name that a peer finds for it: a
// file system may ignore case, or have short names of its own.
func TestOwnFolderUnderAnotherName(t *testing.T) {
	dir := t.TempDir()
	f := begun(t, dir, destination.Options{Policy: destination.PolicyOverwrite}, "alias")
	// A rename is the only way here to give a folder another name.
	must(t, os.Rename(leftovers(t, dir)[0], filepath.Join(dir, "alias")))
	_, err := f.Prepare(t.Context(), 0, dirEntry("alias"))
	refusedWith(t, err)
	_, err = f.Prepare(t.Context(), 1, fileEntry("alias/journal", 1))
	refusedWith(t, err)
}

// A path that was committed is not replaced by a second entry of the same path.
func TestTwiceAfterCommit(t *testing.T) {
	for p := destination.PolicyAsk; p <= destination.PolicyFail; p++ {
		f := begun(t, t.TempDir(), destination.Options{Policy: p}, "a")
		_, err := put(t, f, fileEntry("a", 5), []byte("first"))
		must(t, err)
		_, err = f.Prepare(t.Context(), 1, fileEntry("a", 6))
		refusedWith(t, err)
	}
}

// The parent of a file is replaced by a symlink at every stage and in every way.
// The file never ends up behind the link.
func TestSwappedParent(t *testing.T) {
	for _, way := range []string{"folder", "as", "resume", "batch"} {
		for _, moment := range []string{"folder", "prepare", "write", "commit"} {
			for _, to := range []string{"outside", "inside"} {
				t.Run(way+" "+moment+" "+to, func(t *testing.T) {
					swappedParent(t, way, moment, to)
				})
			}
		}
	}
}

func swappedParent(t *testing.T, way, moment, to string) {
	dest, outside := arena(t)
	inside := filepath.Join(dest, "inside")
	must(t, os.Mkdir(inside, 0o755))
	options, top := destination.Options{Policy: destination.PolicyOverwrite}, filepath.Join(dest, "top")
	if way == "as" {
		options.As, top = "new", filepath.Join(dest, "new")
	}
	data := random(2*mib, 1)
	if way == "resume" { // of which a block is there
		f := begun(t, dest, options, "top")
		mustPrepareFolder(t, f, "top")
		mustPrepareFolder(t, f, "top/a")
		file, err := f.Prepare(t.Context(), 1, fileEntry("top/a/secret", len(data)))
		must(t, err)
		fill(t, file, data[:mib])
		must(t, f.Close())
	}
	f := begun(t, dest, options, "top")
	swap := func(now string) {
		if now != moment {
			return
		}
		a := filepath.Join(top, "a")
		must(t, os.Rename(a, filepath.Join(top, "moved")))
		must(t, os.Symlink(map[string]string{"outside": outside, "inside": inside}[to], a))
	}
	mustPrepareFolder(t, f, "top")
	mustPrepareFolder(t, f, "top/a")
	swap("folder")
	// Another folder in between, since the one that is still open would be used.
	mustPrepareFolder(t, f, "top/b")
	file, err := f.Prepare(t.Context(), 1, fileEntry("top/a/secret", len(data)))
	if err != nil {
		refusedWith(t, err, "symlink")
		return
	}
	swap("prepare")
	_, err = file.Have(t.Context())
	must(t, err)
	fill(t, file, data)
	swap("write")
	// Small files beside it, as many as are synced as a whole.
	batch := []files.File{}
	for i := range map[string]int{"batch": 20}[way] + 1 {
		other, err := f.Prepare(t.Context(), uint64(i)+2, fileEntry(fmt.Sprint("top/ok", i), 1))
		must(t, err)
		fill(t, other, []byte("1"))
		batch = append(batch, other)
	}
	swap("commit")
	errs := f.Commit(t.Context(), append(batch, file))
	for _, err := range errs[:len(batch)] {
		must(t, err)
	}
	refusedWith(t, errs[len(batch)], "symlink")
	if found := tree(t, inside); len(found) > 0 {
		t.Errorf("behind the link: %v", found)
	}
}

// A folder is replaced by a symlink before its mode and time are set. What the
// link leads to keeps its own.
func TestSwappedBeforeFinish(t *testing.T) {
	dest, outside := arena(t)
	must(t, os.Chmod(outside, 0o700))
	f := begun(t, dest, destination.Options{}, "top")
	for _, p := range []string{"top", "top/a"} {
		e := dirEntry(p)
		e.Mode = 0o777
		_, err := f.Prepare(t.Context(), 0, e)
		must(t, err)
	}
	_, err := f.Prepare(t.Context(), 1, files.Entry{Kind: files.KindSymlink, Path: "top/a/l", Target: "x"})
	must(t, err)
	must(t, os.Rename(filepath.Join(dest, "top", "a"), filepath.Join(dest, "top", "moved")))
	must(t, os.Symlink(outside, filepath.Join(dest, "top", "a")))
	err = f.Finish(t.Context())
	var unfinished *files.UnfinishedError
	if !errors.As(err, &unfinished) || unfinished.Count != 2 {
		t.Fatalf("%v", err)
	}
	info, err := os.Stat(outside)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if len(leftovers(t, dest)) > 0 {
		t.Error("our folder is still there")
	}
}

// Each symlink looks harmless, but together they lead out. One that leads to
// nothing and one that loops are harmless.
func TestLinksThatLeadOutTogether(t *testing.T) {
	dest, _ := arena(t)
	f := begun(t, dest, destination.Options{}, "top")
	mustPrepareFolder(t, f, "top")
	mustPrepareFolder(t, f, "top/q")
	links := []struct{ name, target string }{
		{"top/p", "q/l/.."},           // is the destination, once top/q/l is there
		{"top/p2", "p/../../outside"}, // lexically top/../outside: refused at once
		{"top/q/l", ".."},             // top: fine
		{"top/r", "q/l/../../outside/secret"},
		{"top/dangling", "nothing"},
		{"top/loop", "loop"},
		{"top/fine", "q/l/q"},
	}
	refusals := 0
	for i, l := range links {
		_, err := f.Prepare(t.Context(), uint64(i), files.Entry{Kind: files.KindSymlink, Path: l.name, Target: l.target})
		var skip *destination.SkipError
		if errors.As(err, &skip) {
			refusals++
			continue
		}
		must(t, err)
	}
	if refusals != 1 {
		t.Errorf("%d links were refused at once", refusals)
	}
	err := f.Finish(t.Context())
	var unfinished *files.UnfinishedError
	if !errors.As(err, &unfinished) || unfinished.Count != 2 {
		t.Fatalf("%v", err)
	}
	mentions(t, err, "2 symlinks")
	mentions(t, firstUnfinished(err), "leads out")
	for _, l := range links {
		_, err := os.Lstat(filepath.Join(dest, l.name))
		there := map[string]bool{"top/q/l": true, "top/dangling": true, "top/loop": true, "top/fine": true}[l.name]
		if (err == nil) != there {
			t.Errorf("%s: %v", l.name, err)
		}
	}
}

// A partial folder of another user, or a symlink in its place, is left alone.
func TestPlantedPartialFolder(t *testing.T) {
	plant := map[string]func(t *testing.T, p, outside string){
		"link": func(t *testing.T, p, outside string) { must(t, os.Symlink(outside, p)) },
		"file": func(t *testing.T, p, _ string) { write(t, p, nil) },
	}
	if os.Geteuid() == 0 {
		plant["folder of another user"] = func(t *testing.T, p, _ string) {
			must(t, os.Mkdir(p, 0o777))
			must(t, os.Chown(p, 12345, 12345))
		}
	}
	for name, lay := range plant {
		t.Run(name, func(t *testing.T) {
			dest, outside := arena(t)
			f := begun(t, dest, destination.Options{}, "a")
			p := leftovers(t, dest)[0]
			must(t, f.Close())
			lay(t, p, outside)
			f = begun(t, dest, destination.Options{}, "a")
			if found := leftovers(t, dest); len(found) != 2 || found[1] != p+"-2" {
				t.Errorf("%v", found)
			}
			_, err := put(t, f, fileEntry("a", 1), []byte("1"))
			must(t, err)
			must(t, f.Finish(t.Context()))
			if found := leftovers(t, dest); len(found) != 1 {
				t.Errorf("%v", found)
			}
		})
	}
}

// A file that was not written completely is not committed.
func TestIncompleteFile(t *testing.T) {
	dir := t.TempDir()
	f := begun(t, dir, destination.Options{}, "a")
	file, err := f.Prepare(t.Context(), 0, fileEntry("a", 10))
	must(t, err)
	_, err = file.WriteAt([]byte("12345"), 0)
	must(t, err)
	mentions(t, f.Commit(t.Context(), []files.File{file})[0], "5 of the 10 bytes")
	if _, err := os.Lstat(filepath.Join(dir, "a")); err == nil {
		t.Error("it bears its final name")
	}
}

// If there are more names than fit into an offer, others are allowed too.
func TestManyNames(t *testing.T) {
	var names []string
	for i := range wire.MaxOfferNames {
		names = append(names, fmt.Sprint(i))
	}
	f := begun(t, t.TempDir(), destination.Options{}, names...)
	_, err := put(t, f, fileEntry("not among them", 1), []byte("1"))
	must(t, err)
}

// Of a mode only the permissions count.
func TestModeBits(t *testing.T) {
	dir := t.TempDir()
	f := begun(t, dir, destination.Options{}, "top")
	e := dirEntry("top")
	e.Mode = 0o7755
	_, err := f.Prepare(t.Context(), 0, e)
	must(t, err)
	e = fileEntry("top/a", 1)
	e.Mode = 0o7755
	_, err = put(t, f, e, []byte("1"))
	must(t, err)
	must(t, f.Finish(t.Context()))
	for _, p := range []string{"top", "top/a"} {
		info, err := os.Stat(filepath.Join(dir, p))
		must(t, err)
		if got := info.Mode() &^ os.ModeDir; got != 0o755 {
			t.Errorf("%s has %v", p, info.Mode())
		}
	}
}
