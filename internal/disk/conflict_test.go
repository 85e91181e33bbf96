package disk_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/tallow-transfer/tallow/internal/disk/destination"
	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// Every policy, with everything that can have the name of a file.
func TestConflict(t *testing.T) {
	const theirs, mine = "theirs", "mine"
	there := map[string]func(t *testing.T, p string){
		"file":   func(t *testing.T, p string) { write(t, p, []byte(mine)) },
		"folder": func(t *testing.T, p string) { write(t, filepath.Join(p, "in"), []byte(mine)) },
		"link": func(t *testing.T, p string) {
			must(t, os.Symlink(write(t, p+".outside", []byte(mine)), p))
		},
		"dangling link": func(t *testing.T, p string) { must(t, os.Symlink(p+".created", p)) },
	}
	ask := func(p destination.Policy) func(context.Context, string, files.Entry, fs.FileInfo) (destination.Policy, error) {
		return func(_ context.Context, at string, e files.Entry, info fs.FileInfo) (destination.Policy, error) {
			if at != "a.txt" || e.Size != int64(len(theirs)) || info.Name() != "a.txt" {
				t.Errorf("asked about %q, %+v, %q", at, e, info.Name())
			}
			return p, nil
		}
	}
	tests := []struct {
		name    string
		options destination.Options
		want    map[string]string // what is there: "replaced", "renamed", "skipped", "exists"
	}{
		{"rename", destination.Options{Policy: destination.PolicyRename}, map[string]string{"file": "renamed", "folder": "renamed", "link": "renamed", "dangling link": "renamed"}},
		{"overwrite", destination.Options{Policy: destination.PolicyOverwrite}, map[string]string{"file": "replaced", "folder": "skipped", "link": "replaced", "dangling link": "replaced"}},
		{"skip", destination.Options{Policy: destination.PolicySkip}, map[string]string{"file": "skipped", "folder": "skipped", "link": "skipped", "dangling link": "skipped"}},
		{"fail", destination.Options{Policy: destination.PolicyFail}, map[string]string{"file": "exists", "folder": "exists", "link": "exists", "dangling link": "exists"}},
		{"ask nobody", destination.Options{Policy: destination.PolicyAsk}, map[string]string{"file": "exists"}},
		{"ask: rename", destination.Options{Ask: ask(destination.PolicyRename)}, map[string]string{"file": "renamed"}},
		{"ask: overwrite", destination.Options{Ask: ask(destination.PolicyOverwrite)}, map[string]string{"file": "replaced"}},
		{"ask: skip", destination.Options{Ask: ask(destination.PolicySkip)}, map[string]string{"file": "skipped"}},
		{"ask: fail", destination.Options{Ask: ask(destination.PolicyFail)}, map[string]string{"file": "exists"}},
	}
	for _, tt := range tests {
		for kind, want := range tt.want {
			t.Run(tt.name+"/"+kind, func(t *testing.T) {
				dir := t.TempDir()
				p := filepath.Join(dir, "a.txt")
				there[kind](t, p)
				before := tree(t, dir)
				f := begun(t, dir, tt.options, "a.txt")
				file, err := put(t, f, fileEntry("a.txt", len(theirs)), []byte(theirs))
				var skip *destination.SkipError
				var exists *destination.ExistsError
				switch want {
				case "replaced", "renamed":
					must(t, err)
					must(t, f.Finish(t.Context()))
					at := map[string]string{"replaced": "a.txt", "renamed": "a (1).txt"}[want]
					if file.Path() != at || read(t, filepath.Join(dir, at)) != theirs {
						t.Errorf("it is at %q", file.Path())
					}
					if info, err := os.Lstat(filepath.Join(dir, at)); err != nil || !info.Mode().IsRegular() {
						t.Errorf("%v, %v", info, err)
					}
				case "skipped":
					if !errors.As(err, &skip) || skip.Path != "a.txt" || len(skip.Reason) > wire.MaxSkipReason || skip.Brief() != skip.Reason {
						t.Errorf("%v", err)
					}
				case "exists":
					if !errors.As(err, &exists) || exists.Path != "a.txt" {
						t.Errorf("%v", err)
					}
					mentions(t, err, "a.txt", "exists")
					tellsPeer(t, err)
				}
				must(t, f.Close())
				after := tree(t, dir)
				for name, what := range before {
					if (want != "replaced" || name != "a.txt") && after[name] != what {
						t.Errorf("%s is %q, was %q", name, after[name], what)
					}
				}
				if n := map[string]int{"renamed": 1}[want]; len(after) != len(before)+n {
					t.Errorf("there is %v", after)
				}
			})
		}
	}
}

// An error of Ask ends the transfer.
func TestAskFails(t *testing.T) {
	dir, errGone := t.TempDir(), errors.New("terminal gone")
	write(t, filepath.Join(dir, "a"), nil)
	f := begun(t, dir, destination.Options{Ask: func(context.Context, string, files.Entry, fs.FileInfo) (destination.Policy, error) {
		return destination.PolicyOverwrite, errGone
	}}, "a")
	if _, err := f.Prepare(t.Context(), 0, fileEntry("a", 1)); !errors.Is(err, errGone) {
		t.Errorf("%v", err)
	}
}

// The first free number is used, even if several files need one at once.
func TestRenameCounts(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a.txt", "a (1).txt", "a (2).txt", "b.txt"} {
		write(t, filepath.Join(dir, "top", name), []byte("mine"))
	}
	f := begun(t, dir, destination.Options{Policy: destination.PolicyRename}, "top")
	mustPrepareFolder(t, f, "top")
	var files []files.File
	// "b (1).txt" is a name that the peer gives and one that b.txt gives way to.
	for i, name := range []string{"top/a.txt", "top/b.txt", "top/b (1).txt"} {
		file, err := f.Prepare(t.Context(), uint64(i), fileEntry(name, len(name)))
		must(t, err)
		fill(t, file, []byte(name))
		files = append(files, file)
	}
	for _, err := range f.Commit(t.Context(), files) {
		must(t, err)
	}
	for i, want := range []string{"top/a (3).txt", "top/b (1).txt", "top/b (1) (1).txt"} {
		if got := files[i].Path(); got != want {
			t.Errorf("file %d is at %q, want %q", i, got, want)
		}
	}
	if got := read(t, filepath.Join(dir, "top", "b (1).txt")); got != "top/b.txt" {
		t.Errorf("b (1).txt is %q", got)
	}
	if got := read(t, filepath.Join(dir, "top", "b.txt")); got != "mine" {
		t.Errorf("b.txt is %q", got)
	}
}

// Another program makes a file or a folder between Prepare and Commit.
func TestAppearsMeanwhile(t *testing.T) {
	tests := []struct {
		policy       destination.Policy
		file, folder string // what becomes of the entry where one of these appears
	}{
		{destination.PolicyRename, "renamed", "renamed"},
		{destination.PolicyOverwrite, "replaced", "skipped"},
		{destination.PolicySkip, "kept", "kept"},
		{destination.PolicyFail, "exists", "exists"},
		{destination.PolicyAsk, "skipped", "skipped"},
	}
	for _, tt := range tests {
		t.Run(tt.policy.String()+"/file", func(t *testing.T) { appears(t, tt.policy, "a", tt.file) })
		t.Run(tt.policy.String()+"/folder", func(t *testing.T) { appears(t, tt.policy, filepath.Join("a", "in"), tt.folder) })
	}
}

// appears makes a file at mine while the file a is received.
func appears(t *testing.T, policy destination.Policy, mine, want string) {
	t.Helper()
	dir := t.TempDir()
	f := begun(t, dir, destination.Options{Policy: policy}, "a")
	file, err := f.Prepare(t.Context(), 0, fileEntry("a", 6))
	must(t, err)
	fill(t, file, []byte("theirs"))
	write(t, filepath.Join(dir, mine), []byte("mine"))
	err = f.Commit(t.Context(), []files.File{file})[0]
	var skip *destination.SkipError
	var exists *destination.ExistsError
	got, content := "renamed", "mine"
	switch {
	case errors.Is(err, files.ErrKept):
		got = "kept"
	case errors.As(err, &skip):
		got = "skipped"
	case errors.As(err, &exists):
		got = "exists"
	case err != nil:
		t.Fatal(err)
	case file.Path() == "a":
		got, content = "replaced", "theirs"
	default:
		if read(t, filepath.Join(dir, "a (1)")) != "theirs" {
			t.Error("the renamed one is not theirs")
		}
	}
	if there := read(t, filepath.Join(dir, mine)); got != want || there != content {
		t.Errorf("%s, want %s; %s is %q; %v", got, want, mine, there, err)
	}
}

// Names that differ for the peer, but not for the disk. There the second name
// leads to the file of the first, as a hard link does here.
func TestCollision(t *testing.T) {
	for _, policy := range []destination.Policy{destination.PolicyAsk, destination.PolicyRename, destination.PolicyOverwrite, destination.PolicySkip, destination.PolicyFail} {
		for _, when := range []string{"before", "after"} {
			t.Run(policy.String()+" "+when, func(t *testing.T) {
				dir := t.TempDir()
				f := begun(t, dir, destination.Options{Policy: policy}, "top")
				mustPrepareFolder(t, f, "top")
				first, err := f.Prepare(t.Context(), 1, fileEntry("top/A", 1))
				must(t, err)
				fill(t, first, []byte("1"))
				var second files.File
				if when == "after" {
					second, err = f.Prepare(t.Context(), 2, fileEntry("top/a", 1))
					must(t, err)
					fill(t, second, []byte("2"))
				}
				must(t, f.Commit(t.Context(), []files.File{first})[0])
				must(t, os.Link(filepath.Join(dir, "top", "A"), filepath.Join(dir, "top", "a")))
				if when == "before" {
					_, err = f.Prepare(t.Context(), 2, fileEntry("top/a", 1))
				} else {
					err = f.Commit(t.Context(), []files.File{second})[0]
				}
				var skip *destination.SkipError
				if !errors.As(err, &skip) {
					t.Errorf("%v", err)
				}
				must(t, f.Finish(t.Context()))
				if got := read(t, filepath.Join(dir, "top", "A")); got != "1" {
					t.Errorf("A is %q", got)
				}
			})
		}
	}
}

// Folders are merged under every policy, and what is in them stays. An existing
// folder keeps its mode; a new one gets that of the source.
func TestMerge(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	write(t, filepath.Join(from, "top", "new", "a"), []byte("theirs"))
	write(t, filepath.Join(from, "top", "old", "b"), []byte("theirs"))
	must(t, os.Chmod(filepath.Join(from, "top", "new"), 0o701))
	must(t, os.Chmod(filepath.Join(from, "top", "old"), 0o701))
	write(t, filepath.Join(to, "top", "old", "c"), []byte("mine"))
	must(t, os.Chmod(filepath.Join(to, "top", "old"), 0o750))

	deliver(t, to, destination.Options{Policy: destination.PolicyFail}, filepath.Join(from, "top"))
	for p, want := range map[string]string{"new/a": "theirs", "old/b": "theirs", "old/c": "mine"} {
		if got := read(t, filepath.Join(to, "top", p)); got != want {
			t.Errorf("%s is %q", p, got)
		}
	}
	for p, want := range map[string]fs.FileMode{"new": 0o701, "old": 0o750} {
		info, err := os.Stat(filepath.Join(to, "top", p))
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%s has %v, %v", p, info.Mode(), err)
		}
	}
}

func TestPolicyNames(t *testing.T) {
	for p, name := range map[destination.Policy]string{
		destination.PolicyAsk: "ask", destination.PolicyRename: "rename", destination.PolicyOverwrite: "overwrite",
		destination.PolicySkip: "skip", destination.PolicyFail: "fail",
	} {
		if got, err := destination.ParsePolicy(name); got != p || err != nil || p.String() != name {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	_, err := destination.ParsePolicy("replace")
	mentions(t, err, "replace", "ask, rename, overwrite, skip or fail")
}

func mustPrepareFolder(t *testing.T, f receiver, p string) {
	t.Helper()
	if file, err := f.Prepare(t.Context(), 0, dirEntry(p)); err != nil || file != nil {
		t.Fatalf("%v, %v", file, err)
	}
}
