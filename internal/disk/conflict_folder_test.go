package disk_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/tallow-transfer/tallow/internal/disk/destination"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// What has the name x, what is received under it, and under which policy: all
// results.
func TestConflictTable(t *testing.T) {
	const taken, renamed, replaced, kept, refused, exists, merged = "taken", "renamed", "replaced", "kept", "refused", "exists", "merged"
	kinds := []string{"file", "folder", "symlink"}
	// By what is there: the results for a file, a folder and a symlink, under each policy.
	table := map[string]map[destination.Policy][3]string{
		"nothing": {},
		"file": {
			destination.PolicyRename: {renamed, renamed, renamed}, destination.PolicyOverwrite: {replaced, refused, replaced},
			destination.PolicySkip: {kept, kept, kept}, destination.PolicyFail: {exists, exists, exists}, destination.PolicyAsk: {exists, exists, exists},
		},
		"folder": {
			destination.PolicyRename: {renamed, merged, renamed}, destination.PolicyOverwrite: {refused, merged, refused},
			destination.PolicySkip: {kept, merged, kept}, destination.PolicyFail: {exists, merged, exists}, destination.PolicyAsk: {exists, merged, exists},
		},
	}
	table["symlink to a file"], table["symlink to a folder"] = table["file"], table["file"]
	policies := []destination.Policy{destination.PolicyRename, destination.PolicyOverwrite, destination.PolicySkip, destination.PolicyFail, destination.PolicyAsk}
	for there, results := range table {
		for _, policy := range policies {
			for i, kind := range kinds {
				want := cmp.Or(results[policy][i], taken)
				answer := func(context.Context, string, files.Entry, fs.FileInfo) (destination.Policy, error) {
					return policy, nil
				}
				t.Run(fmt.Sprintf("%s/%s/%s", there, kind, policy), func(t *testing.T) {
					conflict(t, there, kind, destination.Options{Policy: policy}, want)
				})
				t.Run(fmt.Sprintf("%s/%s/ask: %s", there, kind, policy), func(t *testing.T) {
					conflict(t, there, kind, destination.Options{Policy: destination.PolicyAsk, Ask: answer}, want)
				})
			}
		}
	}
}

// conflict receives something of a kind under the name x, which something has, and
// checks the result.
func conflict(t *testing.T, there, kind string, o destination.Options, want string) {
	t.Helper()
	out := t.TempDir()
	dir := filepath.Join(out, "top")
	must(t, os.Mkdir(dir, 0o755))
	occupy(t, dir, there)
	before := tree(t, dir)
	var told []string
	o.Renamed = func(r destination.Renamed) { told = append(told, r.Name+" "+r.Taken+" "+r.Path) }
	f := begun(t, out, o, "top")
	mustPrepareFolder(t, f, "top")
	entries := map[string][]files.Entry{
		"file":    {fileEntry("top/x", 6)},
		"folder":  {dirEntry("top/x"), fileEntry("top/x/a", 6), dirEntry("top/x/sub"), fileEntry("top/x/sub/b", 6), {Kind: files.KindSymlink, Path: "top/x/sub/l", Target: "b"}},
		"symlink": {{Kind: files.KindSymlink, Path: "top/x", Target: "theirs"}},
	}[kind]
	for _, e := range entries {
		result := receive(t, f, e)
		if expected := resultOf(want); result != expected {
			t.Errorf("%s is %s, want %s", e.Path, result, expected)
		}
		if result == "exists" {
			break
		}
	}
	must(t, f.Finish(t.Context()))
	must(t, f.Close())
	checkConflict(t, dir, kind, want, before, told)
}

// occupy puts something at the name x.
func occupy(t *testing.T, dir, what string) {
	t.Helper()
	x := filepath.Join(dir, "x")
	switch what {
	case "file":
		write(t, x, []byte("mine"))
	case "folder":
		write(t, filepath.Join(x, "own"), []byte("mine"))
	case "symlink to a file":
		write(t, filepath.Join(dir, "other"), []byte("mine"))
		must(t, os.Symlink("other", x))
	case "symlink to a folder":
		write(t, filepath.Join(dir, "other", "own"), []byte("mine"))
		must(t, os.Symlink("other", x))
	}
}

// receive receives one entry and returns what became of it.
func receive(t *testing.T, f receiver, e files.Entry) string {
	t.Helper()
	var err error
	if e.Kind == files.KindFile {
		_, err = put(t, f, e, []byte("theirs"))
	} else {
		_, err = f.Prepare(t.Context(), 0, e)
	}
	var skip *destination.SkipError
	switch {
	case err == nil:
		return "received"
	case errors.Is(err, files.ErrKept):
		return "kept"
	case errors.As(err, &skip):
		return "refused"
	case errors.As(err, new(*destination.ExistsError)):
		return "exists"
	}
	t.Fatal(err)
	return ""
}

// resultOf returns what becomes of an entry, and of each that is in it.
func resultOf(want string) string {
	switch want {
	case "kept", "refused", "exists":
		return want
	}
	return "received"
}

// checkConflict checks that what is received is where it belongs, and that what was
// there before is there still.
func checkConflict(t *testing.T, dir, kind, want string, before map[string]string, told []string) {
	t.Helper()
	at := map[string]string{"taken": "x", "renamed": "x (1)", "replaced": "x", "merged": "x"}[want]
	added := map[string][]string{"file": {""}, "folder": {"", "/a", "/sub", "/sub/b", "/sub/l"}, "symlink": {""}}[kind]
	after := tree(t, dir)
	expected := slices.Collect(maps.Keys(before))
	for _, p := range added {
		if at != "" && !slices.Contains(expected, at+p) {
			expected = append(expected, at+p)
		}
	}
	slices.Sort(expected)
	if got := slices.Sorted(maps.Keys(after)); !slices.Equal(got, expected) {
		t.Errorf("there is %q, want %q", got, expected)
	}
	for p, what := range before {
		if p != "x" || want != "replaced" && want != "merged" {
			if after[p] != what {
				t.Errorf("%s is %q, was %q", p, after[p], what)
			}
		}
	}
	for _, p := range added {
		if at != "" && strings.HasSuffix(at+p, "/a") && read(t, filepath.Join(dir, at+p)) != "theirs" {
			t.Errorf("%s is not theirs", at+p)
		}
	}
	var wantTold []string
	if want == "renamed" && kind != "file" {
		wantTold = []string{"top/x top/x top/x (1)"}
	}
	if !slices.Equal(told, wantTold) {
		t.Errorf("told %q, want %q", told, wantTold)
	}
}

// A folder in a folder that got another name gets another name too, and nothing else
// in it does. Files in them have nothing to tell.
func TestFolderRenamedInRenamed(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "top"), []byte("mine"))
	var told []destination.Renamed
	f := begun(t, dir, destination.Options{Policy: destination.PolicyRename, Renamed: func(r destination.Renamed) { told = append(told, r) }}, "top")
	mustPrepareFolder(t, f, "top")
	write(t, filepath.Join(dir, "top (1)", "sub"), []byte("mine"))
	for range 2 { // listed twice
		mustPrepareFolder(t, f, "top/sub")
		mustPrepareFolder(t, f, "top/sub/in")
	}
	for p, want := range map[string]string{"top/sub/in/a": "top (1)/sub (1)/in/a", "top/sub.x": "top (1)/sub.x"} {
		file, err := put(t, f, fileEntry(p, 1), []byte("1"))
		must(t, err)
		if r := file.(files.Renamed); r.Path() != want || r.Taken() != "" {
			t.Errorf("%s is at %q, not at %q", p, r.Path(), r.Taken())
		}
	}
	must(t, f.Finish(t.Context()))
	want := []destination.Renamed{{Name: "top", Taken: "top", Path: "top (1)"}, {Name: "top/sub", Taken: "top (1)/sub", Path: "top (1)/sub (1)"}}
	if !slices.Equal(told, want) {
		t.Errorf("told %v", told)
	}
	if len(tree(t, dir)) != 7 {
		t.Errorf("%v", tree(t, dir))
	}
}

// A name of the user's choice is taken.
func TestFolderRenamedUnderAnotherName(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	write(t, filepath.Join(from, "top", "sub", "a"), []byte("theirs"))
	write(t, filepath.Join(to, "new.d"), []byte("mine"))
	d := deliver(t, to, destination.Options{Policy: destination.PolicyRename, As: "new.d"}, filepath.Join(from, "top"))
	if d.paths["top/sub/a"] != "new (1).d/sub/a" || read(t, filepath.Join(to, "new (1).d", "sub", "a")) != "theirs" || read(t, filepath.Join(to, "new.d")) != "mine" {
		t.Errorf("%v, %v", d.paths, tree(t, to))
	}
}

// A transfer that was interrupted goes on in the folders that got other names.
func TestResumeOfRenamedFolder(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	top := filepath.Join(from, "top")
	write(t, filepath.Join(top, "sub", "a"), random(mib, 1))
	write(t, filepath.Join(to, "top"), []byte("mine"))
	for _, policy := range []destination.Policy{destination.PolicyRename, destination.PolicySkip} { // which does not matter any more
		f := begun(t, to, destination.Options{Policy: destination.PolicyRename}, "top")
		receiveAll(t, f, top)
		must(t, f.Close())
		must(t, os.Chmod(filepath.Join(to, "top (1)", "sub"), 0o500)) // as Finish may have left it
		var told []destination.Renamed
		d := deliver(t, to, destination.Options{Policy: policy, Renamed: func(r destination.Renamed) { told = append(told, r) }}, top)
		if d.sent != 0 || d.paths["top/sub/a"] != "top (1)/sub/a" || len(told) != 1 || told[0].Taken != "top" {
			t.Errorf("%d bytes sent, %v, told %v", d.sent, d.paths, told)
		}
		if found := tree(t, to); len(found) != 4 {
			t.Errorf("%v", found)
		}
		same(t, filepath.Join(to, "top (1)"), top)
		must(t, os.RemoveAll(filepath.Join(to, "top (1)")))
	}
}

// What was in the way is gone, or the folder is, when the transfer goes on.
func TestResumeOfRenamedFolderThatChanged(t *testing.T) {
	for _, gone := range []string{"top", "top (1)"} {
		from, to := t.TempDir(), t.TempDir()
		top := filepath.Join(from, "top")
		write(t, filepath.Join(top, "a"), []byte("theirs"))
		write(t, filepath.Join(to, "top"), []byte("mine"))
		f := begun(t, to, destination.Options{Policy: destination.PolicyRename}, "top")
		receiveAll(t, f, top)
		must(t, f.Close())
		must(t, os.RemoveAll(filepath.Join(to, gone)))
		if gone == "top (1)" {
			write(t, filepath.Join(to, gone), []byte("mine too"))
		}
		d := deliver(t, to, destination.Options{Policy: destination.PolicyRename}, top)
		if want := map[string]string{"top": "top (1)/a", "top (1)": "top (2)/a"}[gone]; d.paths["top/a"] != want {
			t.Errorf("without %s: %v", gone, d.paths)
		}
	}
}

// The folder goes under another name of the user's choice when the transfer is run
// again.
func TestResumeOfRenamedFolderUnderAnotherName(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	top := filepath.Join(from, "top")
	write(t, filepath.Join(top, "a"), []byte("theirs"))
	write(t, filepath.Join(to, "one"), []byte("mine"))
	f := begun(t, to, destination.Options{Policy: destination.PolicyRename, As: "one"}, "top")
	receiveAll(t, f, top)
	must(t, f.Close())
	if d := deliver(t, to, destination.Options{As: "two"}, top); d.paths["top/a"] != "two/a" {
		t.Errorf("%v", d.paths)
	}
}

// Several transfers look for a free name at the same time, and each gets its own.
func TestFoldersRenamedAtOnce(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "top"), []byte("mine"))
	var all sync.WaitGroup
	start := make(chan struct{})
	places := make(chan string, 8)
	for range cap(places) {
		f := begun(t, dir, destination.Options{Policy: destination.PolicyRename, Renamed: func(r destination.Renamed) { places <- r.Path }}, "top")
		all.Go(func() {
			<-start
			if _, err := f.Prepare(t.Context(), 0, dirEntry("top")); err != nil {
				t.Error(err)
			}
		})
	}
	close(start)
	all.Wait()
	close(places)
	found := map[string]bool{}
	for p := range places {
		found[p] = true
	}
	if len(found) != cap(places) {
		t.Errorf("%v", found)
	}
}

// An answer is asked for once, for the folder.
func TestAskAboutFolder(t *testing.T) {
	for _, policy := range []destination.Policy{destination.PolicyRename, destination.PolicySkip, destination.PolicyOverwrite} {
		dir, asked := t.TempDir(), 0
		write(t, filepath.Join(dir, "top"), []byte("mine"))
		f := begun(t, dir, destination.Options{Ask: func(_ context.Context, at string, e files.Entry, info fs.FileInfo) (destination.Policy, error) {
			asked++
			if at != "top" || e.Kind != files.KindDir || info.Size() != 4 {
				t.Errorf("asked about %q, %+v, %v", at, e, info)
			}
			return policy, nil
		}}, "top")
		for _, e := range []files.Entry{dirEntry("top"), fileEntry("top/a", 6), dirEntry("top/sub")} {
			receive(t, f, e)
		}
		if asked != 1 {
			t.Errorf("%v: asked %d times", policy, asked)
		}
	}
}
