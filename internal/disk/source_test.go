package disk_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	budget "github.com/tallow-transfer/tallow/internal/descriptors"
	"github.com/tallow-transfer/tallow/internal/disk/destination"
	"github.com/tallow-transfer/tallow/internal/disk/osfs"
	"github.com/tallow-transfer/tallow/internal/disk/source"
	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// listing is what the Walk of a source yields.
type listing struct {
	entries  map[string]files.Entry
	items    map[string]files.Item
	problems map[string]string
	order    []string
}

func list(t *testing.T, s sender) listing {
	t.Helper()
	l := listing{map[string]files.Entry{}, map[string]files.Item{}, map[string]string{}, nil}
	must(t, s.Walk(t.Context(), func(i files.Item) error {
		var p *source.ItemError
		switch {
		case errors.As(i.Err, &p):
			l.problems[i.Path] = p.Reason
			return nil
		case i.Err != nil:
			t.Errorf("%v is no *ItemError", i.Err)
		}
		l.entries[i.Path], l.items[i.Path] = i.Entry, i
		l.order = append(l.order, i.Path)
		return nil
	}))
	return l
}

func newSource(t *testing.T, paths ...string) *source.Paths {
	t.Helper()
	s, err := source.NewPaths(t.Context(), paths, source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// Every way to write a path gives the name that users expect.
func TestNames(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "folder", "sub", "a.txt"), nil)
	must(t, os.Symlink(filepath.Join(dir, "folder"), filepath.Join(dir, "link")))
	t.Chdir(filepath.Join(dir, "folder", "sub"))
	for p, want := range map[string]string{
		"a.txt":                          "a.txt",
		"./a.txt":                        "a.txt",
		".":                              "sub",
		"..":                             "folder",
		"../":                            "folder",
		"../sub/":                        "sub",
		"../sub//.":                      "sub",
		filepath.Join(dir, "folder"):     "folder",
		filepath.Join(dir, "link"):       "link",
		filepath.Join(dir, "link") + "/": "link",
		filepath.Join(dir, "link", "sub", "a.txt"): "a.txt",
	} {
		if got := newSource(t, p).Names(); len(got) != 1 || got[0] != want {
			t.Errorf("%q has the name %q, want %q", p, got, want)
		}
	}
	if got := newSource(t, "..", "a.txt", ".").Names(); !slices.Equal(got, []string{"folder", "a.txt", "sub"}) {
		t.Errorf("names %q", got)
	}
}

func TestBadPaths(t *testing.T) {
	dir := t.TempDir()
	one := write(t, filepath.Join(dir, "1", "same"), nil)
	odd := filepath.Join(dir, "odd\xff")
	tests := []struct {
		paths []string
		want  source.PathError
	}{
		{nil, source.PathError{Fault: source.FaultNone}},
		{[]string{""}, source.PathError{Fault: source.FaultEmpty}},
		{[]string{filepath.Join(dir, "none")}, source.PathError{Fault: source.FaultMissing, Path: filepath.Join(dir, "none")}},
		{[]string{"/"}, source.PathError{Fault: source.FaultWholeDisk, Path: "/"}},
		{[]string{one + "/x"}, source.PathError{Fault: source.FaultUnreadable, Path: one + "/x"}},
		{[]string{os.DevNull}, source.PathError{Fault: source.FaultSpecial, Path: os.DevNull, Kind: "device"}},
	}
	if os.WriteFile(odd, nil, 0o600) == nil { // macOS does not take it
		tests = append(tests, struct {
			paths []string
			want  source.PathError
		}{[]string{odd}, source.PathError{Fault: source.FaultNotUTF8, Path: odd}})
	}
	for _, tt := range tests {
		_, err := source.NewPaths(t.Context(), tt.paths, source.Options{})
		var got *source.PathError
		if !errors.As(err, &got) {
			t.Errorf("%q: %v", tt.paths, err)
			continue
		}
		got.Err = nil
		if *got != tt.want {
			t.Errorf("%q: %+v, want %+v", tt.paths, *got, tt.want)
		}
	}
}

// The kinds, modes, times and sizes of what is listed, folders before what is in
// them, and what cannot be sent.
func TestWalk(t *testing.T) {
	dir := t.TempDir()
	top := filepath.Join(dir, "top")
	write(t, filepath.Join(top, "a", "file"), []byte("12345"))
	must(t, os.Chmod(filepath.Join(top, "a", "file"), 0o640|os.ModeSetuid|os.ModeSetgid))
	must(t, os.Chmod(filepath.Join(top, "a"), 0o755|os.ModeSticky))
	must(t, os.Chtimes(filepath.Join(top, "a", "file"), time.Unix(0, 0), time.Unix(-3, 5)))
	must(t, os.Mkdir(filepath.Join(top, "empty"), 0o700))
	outside := write(t, filepath.Join(dir, "outside", "secret"), nil)
	links := map[string]struct{ target, problem string }{
		"inside":            {"a/file", ""},
		"a/up":              {"../empty", ""},
		"a/to top":          {"..", ""},
		"dangling":          {"none", ""},
		"loop":              {"loop", ""},
		"cycle":             {"cycle2", ""},
		"cycle2":            {"cycle", ""},
		"absolute":          {outside, "leads out"},
		"absolute inside":   {filepath.Join(top, "a"), "leads out"},
		"beside":            {"../outside", "leads out"},
		"out and in":        {"../top/a", "leads out"},
		"a/parent":          {"../..", "leads out"},
		"through":           {"a/to top/..", "leads out"}, // word by word it is top/a
		"through and below": {"a/to top/../outside/secret", "leads out"},
	}
	for p, l := range links {
		must(t, os.Symlink(l.target, filepath.Join(top, p)))
	}
	for p, problem := range special(t, top) {
		links[p] = struct{ target, problem string }{"", problem}
	}

	s := newSource(t, top)
	got := list(t, s)
	want := map[string]files.Entry{
		"top":        {Kind: files.KindDir, Mode: 0o755},
		"top/a":      {Kind: files.KindDir, Mode: 0o755 | os.ModeSticky},
		"top/a/file": {Kind: files.KindFile, Mode: 0o640, ModTime: time.Unix(0, -3e9+5), Size: 5},
		"top/empty":  {Kind: files.KindDir, Mode: 0o700},
	}
	problems := map[string]string{}
	for p, l := range links {
		if l.problem == "" {
			want["top/"+p] = files.Entry{Kind: files.KindSymlink, Target: l.target}
		} else {
			problems["top/"+p] = l.problem
		}
	}
	for p, w := range want {
		g := got.entries[p]
		w.Path = p
		if w.ModTime.IsZero() {
			w.ModTime = g.ModTime
		}
		if w.Kind == files.KindSymlink {
			w.Mode = g.Mode // what a symlink has is the system's
		}
		if g != w {
			t.Errorf("%s is %+v, want %+v", p, g, w)
		}
		if parent := path.Dir(p); slices.Index(got.order, parent) > slices.Index(got.order, p) {
			t.Errorf("%s comes before its folder", p)
		}
	}
	for p, words := range problems {
		if !strings.Contains(got.problems[p], words) {
			t.Errorf("the problem of %s is %q, want %q", p, got.problems[p], words)
		}
	}
	if len(got.entries) != len(want) || len(got.problems) != len(problems) {
		t.Errorf("listed %v and %v", got.order, got.problems)
	}

	totals, err := s.Count(t.Context())
	wantTotals := files.Totals{Files: 1, Bytes: 5, Stored: 5, Known: true}
	if err != nil || totals != wantTotals {
		t.Errorf("%+v, %v; want %+v", totals, err, wantTotals)
	}
}

// Paths of the maximum length are sent. Each longer one is reported and not
// followed.
func TestLongPaths(t *testing.T) {
	top := filepath.Join(t.TempDir(), "top")
	must(t, os.Mkdir(top, 0o755))
	root, err := os.OpenRoot(top)
	must(t, err)
	at := "top"
	for len(at)+1+255 < wire.MaxPath { // a path of the system has at most 4095 bytes itself
		name := strings.Repeat("x", 255)
		must(t, root.Mkdir(name, 0o755))
		next, err := root.OpenRoot(name)
		must(t, err)
		must(t, root.Close())
		root, at = next, at+"/"+name
	}
	fits := strings.Repeat("f", wire.MaxPath-len(at)-1)
	for _, name := range []string{fits, fits + "g"} {
		f, err := root.Create(name)
		must(t, err)
		must(t, f.Close())
	}
	must(t, root.Mkdir(fits+"d", 0o755))
	must(t, root.Mkdir(fits+"d/below", 0o755))
	must(t, root.Close())

	got := list(t, newSource(t, top))
	if _, ok := got.entries[at+"/"+fits]; !ok {
		t.Error("a path of 4096 bytes is not listed")
	}
	if len(got.problems) != 2 || !strings.Contains(got.problems[at+"/"+fits+"g"], "too long") || !strings.Contains(got.problems[at+"/"+fits+"d"], "too long") {
		t.Errorf("%d problems", len(got.problems))
	}

	// It arrives unchanged.
	to := t.TempDir()
	d := deliver(t, to, destination.Options{}, top)
	if len(d.skipped) > 0 || len(d.paths) != 1 {
		t.Errorf("skipped %d, arrived %d", len(d.skipped), len(d.paths))
	}
	if again := list(t, newSource(t, filepath.Join(to, "top"))); len(again.entries) != len(got.entries) {
		t.Errorf("%d entries arrived of %d", len(again.entries), len(got.entries))
	}
}

// Folders with as many entries as are read at a time, and with more.
func TestLargeFolder(t *testing.T) {
	for _, n := range []int{1024, 2049} {
		top := filepath.Join(t.TempDir(), "top")
		must(t, os.Mkdir(top, 0o755))
		for i := range n {
			write(t, filepath.Join(top, fmt.Sprint(i)), nil)
		}
		got := list(t, newSource(t, top))
		if len(got.entries) != n+1 || len(got.order) != n+1 {
			t.Errorf("%d entries of %d", len(got.entries), n)
		}
	}
}

// The walk ends with the error of yield, and with the context.
func TestWalkEnds(t *testing.T) {
	top := filepath.Join(t.TempDir(), "top")
	for i := range 5 {
		write(t, filepath.Join(top, fmt.Sprint(i)), nil)
	}
	s := newSource(t, top)
	errEnough := errors.New("enough")
	n := 0
	if err := s.Walk(t.Context(), func(files.Item) error { n++; return errEnough }); !errors.Is(err, errEnough) || n != 1 {
		t.Errorf("%v after %d", err, n)
	}
	ctx, cancel := context.WithCancel(t.Context())
	n = 0
	err := s.Walk(ctx, func(files.Item) error {
		if n++; n == 3 {
			cancel()
		}
		return nil
	})
	if !errors.Is(err, context.Canceled) || n != 3 {
		t.Errorf("%v after %d", err, n)
	}
	if _, err := s.Count(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// A change of a file is noticed if it can be.
func TestChanged(t *testing.T) {
	type change struct {
		do     func(t *testing.T, p string)
		before bool // noticed if it happens between the walk and the opening
		open   bool // noticed if it happens while the file is open
	}
	changes := map[string]change{
		"not at all": {func(*testing.T, string) {}, false, false},
		"read":       {func(t *testing.T, p string) { read(t, p) }, false, false},
		"longer": {func(t *testing.T, p string) {
			f, err := os.OpenFile(p, os.O_WRONLY|os.O_APPEND, 0)
			must(t, err)
			_, err = f.WriteString("x")
			must(t, errors.Join(err, f.Close()))
		}, true, true},
		"shorter": {func(t *testing.T, p string) { must(t, os.Truncate(p, 1)) }, true, true},
		"touched": {func(t *testing.T, p string) { must(t, os.Chtimes(p, time.Unix(9, 9), time.Unix(9, 9))) }, true, true},
	}
	if hasInodes {
		// Before the file is opened this does not show, and all of what is sent is new.
		changes["written, and its time set back"] = change{func(t *testing.T, p string) {
			info, err := os.Stat(p)
			must(t, err)
			write(t, p, []byte("54321"))
			must(t, os.Chtimes(p, time.Time{}, info.ModTime()))
		}, false, true}
	}
	for name, tt := range changes {
		for _, early := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, early %v", name, early), func(t *testing.T) {
				top := filepath.Join(t.TempDir(), "top")
				p := write(t, filepath.Join(top, "a"), []byte("12345"))
				must(t, os.Chtimes(p, time.Unix(5, 5), time.Unix(5, 5)))
				s := newSource(t, top)
				item := list(t, s).items["top/a"]
				want := tt.open
				if early {
					want = tt.before
					tt.do(t, p)
				}
				if early && item.Read != nil {
					n, err := item.Read(make([]byte, 6))
					if (err != nil) != want || err != nil && (n == 0 || !errors.Is(err, files.ErrChanged)) {
						t.Errorf("Read: %d, %v", n, err)
					}
				}
				f, err := item.Open()
				must(t, err)
				defer f.Close()
				if !early {
					tt.do(t, p)
				}
				err = f.Changed()
				if (err != nil) != want {
					t.Errorf("%v", err)
				}
				if err != nil {
					mentions(t, err, "top/a", "changed while it was sent")
				}
			})
		}
	}
}

// Read gives what Open gives, whatever the size of its buffer.
func TestRead(t *testing.T) {
	top := filepath.Join(t.TempDir(), "top")
	sizes := []int{0, 1, 5000}
	for _, n := range sizes {
		write(t, filepath.Join(top, "sub", fmt.Sprint(n)), bytes.Repeat([]byte("x"), n))
	}
	for name, o := range map[string]source.Options{
		"the folder kept open": {},
		"hardly anything open": {Descriptors: budget.Of(40)},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := source.NewPaths(t.Context(), []string{top}, o)
			must(t, err)
			defer s.Close()
			got := list(t, s)
			for _, size := range sizes {
				read := got.items[fmt.Sprintf("top/sub/%d", size)].Read
				if read == nil {
					if osfs.ReadsFiles {
						t.Fatal("there is no Read")
					}
					return
				}
				for _, room := range []int{0, size, size + 1, size + 100, size / 2} {
					p := make([]byte, room)
					want := min(size, room)
					if n, err := read(p); n != want || err != nil || !bytes.Equal(p[:n], bytes.Repeat([]byte("x"), want)) {
						t.Errorf("%d of %d bytes: %d, %v", room, size, n, err)
					}
				}
			}
		})
	}
}

// Another file of the same name, size and time is not the one that was listed.
func TestSwappedFile(t *testing.T) {
	if !hasInodes {
		t.Skip("SKIPPED: files have no numbers on this system")
	}
	top := filepath.Join(t.TempDir(), "top")
	at := time.Unix(5, 5)
	p := write(t, filepath.Join(top, "a"), []byte("12345"))
	must(t, os.Chtimes(p, at, at))
	s := newSource(t, top)
	item := list(t, s).items["top/a"]
	other := write(t, filepath.Join(top, "b"), []byte("54321"))
	must(t, os.Chtimes(other, at, at))
	must(t, os.Rename(other, p))
	f, err := item.Open()
	must(t, err)
	defer f.Close()
	if f.Changed() == nil {
		t.Error("not noticed")
	}
	if item.Read != nil {
		if _, err := item.Read(make([]byte, 6)); !errors.Is(err, files.ErrChanged) {
			t.Errorf("Read: %v", err)
		}
	}
}

// Whatever replaces a file or its folder between the walk and the read, nothing
// outside of what is sent is read, and nothing blocks.
func TestSwappedSource(t *testing.T) {
	swaps := map[string]func(t *testing.T, top, outside string){
		"file by a link": func(t *testing.T, top, outside string) {
			must(t, os.Remove(filepath.Join(top, "sub", "a")))
			must(t, os.Symlink(filepath.Join(outside, "a"), filepath.Join(top, "sub", "a")))
		},
		"folder by a link": func(t *testing.T, top, outside string) {
			must(t, os.Rename(filepath.Join(top, "sub"), filepath.Join(top, "moved")))
			must(t, os.Symlink(outside, filepath.Join(top, "sub")))
		},
		"folder by a relative link": func(t *testing.T, top, _ string) {
			must(t, os.Rename(filepath.Join(top, "sub"), filepath.Join(top, "moved")))
			must(t, os.Symlink("../outside", filepath.Join(top, "sub")))
		},
		"file by a folder": func(t *testing.T, top, _ string) {
			must(t, os.Remove(filepath.Join(top, "sub", "a")))
			must(t, os.Mkdir(filepath.Join(top, "sub", "a"), 0o755))
		},
		"file by nothing": func(t *testing.T, top, _ string) {
			must(t, os.Remove(filepath.Join(top, "sub", "a")))
		},
	}
	for name, swap := range pipeSwap() {
		swaps[name] = swap
	}
	for name, swap := range swaps {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			top, outside := filepath.Join(dir, "top"), filepath.Join(dir, "outside")
			write(t, filepath.Join(top, "sub", "a"), []byte("mine"))
			write(t, filepath.Join(outside, "a"), []byte("secret"))
			s := newSource(t, top)
			item := list(t, s).items["top/sub/a"]
			swap(t, top, outside)
			f, err := item.Open()
			if err == nil {
				_ = f.Close()
			}
			mentions(t, err, "top/sub/a", "cannot be read")
			if item.Read != nil {
				n, err := item.Read(make([]byte, 8))
				mentions(t, err, "top/sub/a", "cannot be read")
				if n > 0 {
					t.Errorf("Read has read %d bytes", n)
				}
			}
		})
	}
	t.Run("the whole by a link", func(t *testing.T) {
		dir := t.TempDir()
		top, outside := filepath.Join(dir, "top"), filepath.Join(dir, "outside")
		write(t, filepath.Join(top, "a"), []byte("mine"))
		write(t, filepath.Join(outside, "a"), []byte("secret"))
		s := newSource(t, top)
		must(t, os.Rename(top, filepath.Join(dir, "moved")))
		must(t, os.Symlink("outside", top))
		got := list(t, s)
		if _, ok := got.entries["top/a"]; ok || !strings.Contains(got.problems["top"], "replaced") {
			t.Errorf("%v, %v", got.order, got.problems)
		}
	})
}

// What symlinks lead to is sent in their place, and never one folder inside of itself.
func TestFollowLinks(t *testing.T) {
	dir := t.TempDir()
	top, far := filepath.Join(dir, "top"), filepath.Join(dir, "far")
	write(t, filepath.Join(top, "a"), []byte("1"))
	secret := write(t, filepath.Join(far, "sub", "b"), []byte("22"))
	for p, target := range map[string]string{
		"top/file": secret, "top/folder": far, "top/up": "..", "top/loop": "loop", "top/none": "nowhere",
		"far/sub/back": "../../far", "far/in": "../top/a",
	} {
		must(t, os.Symlink(target, filepath.Join(dir, p)))
	}
	s, err := source.NewPaths(t.Context(), []string{top}, source.Options{Links: source.FollowLinks})
	must(t, err)
	defer s.Close()
	got := list(t, s)
	for p, want := range map[string]string{"top/a": "1", "top/file": "22", "top/folder/sub/b": "22", "top/folder/in": "1", "top/up/far/sub/b": "22"} {
		item, ok := got.items[p]
		if !ok {
			t.Errorf("%s is not listed", p)
			continue
		}
		f, err := item.Open()
		must(t, err)
		b := make([]byte, len(want))
		if _, err := f.ReadAt(b, 0); err != nil || string(b) != want || f.Changed() != nil {
			t.Errorf("%s has %q: %v, %v", p, b, err, f.Changed())
		}
		must(t, f.Close())
		if item.Read != nil {
			if n, err := item.Read(b); n != len(want) || err != nil || string(b) != want {
				t.Errorf("Read of %s: %q, %v", p, b[:n], err)
			}
		}
	}
	for p, words := range map[string]string{
		"top/folder/sub/back": "leads back", "top/loop": "in a circle", "top/none": "to nothing",
	} {
		if !strings.Contains(got.problems[p], words) {
			t.Errorf("the problem of %s is %q, want %q", p, got.problems[p], words)
		}
	}
	for p := range got.entries {
		if strings.Count(p, "/") > 12 {
			t.Fatalf("a folder is in itself: %s", p)
		}
	}
}

// Symlinks are left out, which is no failure.
func TestSkipLinks(t *testing.T) {
	top := filepath.Join(t.TempDir(), "top")
	write(t, filepath.Join(top, "a"), []byte("1"))
	must(t, os.Symlink("a", filepath.Join(top, "link")))
	s, err := source.NewPaths(t.Context(), []string{top}, source.Options{Links: source.SkipLinks})
	must(t, err)
	defer s.Close()
	must(t, s.Walk(t.Context(), func(i files.Item) error {
		if (i.Path == "top/link") != errors.Is(i.Err, files.ErrLeftOut) {
			t.Errorf("%s: %v", i.Path, i.Err)
		}
		return nil
	}))
}

// A path that the user gives may be a symlink, as with scp.
func TestTopLevelLink(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "real", "a"), []byte("12345"))
	must(t, os.Symlink("real", filepath.Join(dir, "folder")))
	must(t, os.Symlink("real/a", filepath.Join(dir, "file")))
	to := t.TempDir()
	deliver(t, to, destination.Options{}, filepath.Join(dir, "folder"), filepath.Join(dir, "file"))
	for _, p := range []string{"folder/a", "file"} {
		if read(t, filepath.Join(to, p)) != "12345" {
			t.Error(p)
		}
		if info, err := os.Lstat(filepath.Join(to, p)); err != nil || !info.Mode().IsRegular() {
			t.Errorf("%s: %v, %v", p, info, err)
		}
	}
}

// More top-level folders than are kept open.
func TestManyFolders(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	var paths []string
	for i := range 99 {
		p := filepath.Join(from, fmt.Sprint(i))
		write(t, filepath.Join(p, "a"), []byte(p))
		paths = append(paths, p)
	}
	deliver(t, to, destination.Options{}, paths...)
	same(t, to, from)
}

// Only files that were listed can be opened.
func TestOpenOther(t *testing.T) {
	top := filepath.Join(t.TempDir(), "top")
	write(t, filepath.Join(top, "a"), nil)
	must(t, os.Mkdir(filepath.Join(top, "folder"), 0o700))
	must(t, os.Symlink("a", filepath.Join(top, "link")))
	must(t, os.Symlink("../..", filepath.Join(top, "problem")))
	must(t, newSource(t, top).Walk(t.Context(), func(i files.Item) error {
		if (i.Open != nil) != (i.Path == "top/a") {
			t.Errorf("%s can be opened: %v", i.Path, i.Open != nil)
		}
		return nil
	}))
}

// Times that 64 bits of nanoseconds cannot hold are clamped and do not wrap
// around.
func TestFarTimes(t *testing.T) {
	top := filepath.Join(t.TempDir(), "top")
	for name, want := range map[string]struct {
		at  time.Time
		out int64
	}{
		"early": {time.Date(1500, 1, 1, 0, 0, 0, 0, time.UTC), math.MinInt64},
		"late":  {time.Date(2400, 1, 1, 0, 0, 0, 0, time.UTC), math.MaxInt64},
	} {
		p := write(t, filepath.Join(top, name), nil)
		if err := os.Chtimes(p, want.at, want.at); err != nil {
			t.Skipf("SKIPPED: the disk does not take this time: %v", err)
		}
		if info, err := os.Stat(p); err != nil || !info.ModTime().Equal(want.at) {
			continue // the disk cuts it itself
		}
		if got := list(t, newSource(t, p)).entries[name].ModTime.UnixNano(); got != want.out {
			t.Errorf("%s: %d", name, got)
		}
	}
}
