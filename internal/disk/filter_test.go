package disk_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tallow-transfer/tallow/internal/disk/source"
	"github.com/tallow-transfer/tallow/internal/ignore"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// listed lists the paths that a source sends, and what its filters leave out.
func listed(t *testing.T, s *source.Paths) (sent, left []string) {
	t.Helper()
	check(t, s.List(t.Context(), func(it files.Item) error {
		switch {
		case errors.Is(it.Err, files.ErrLeftOut):
			left = append(left, it.Path)
		case it.Err != nil:
			t.Errorf("%s: %v", it.Path, it.Err)
		default:
			sent = append(sent, it.Path)
		}
		return nil
	}))
	slices.Sort(sent)
	slices.Sort(left)
	return sent, left
}

func filtered(t *testing.T, o source.Options, paths ...string) *source.Paths {
	t.Helper()
	s, err := source.NewPaths(t.Context(), paths, o)
	check(t, err)
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// In a work tree with a nested one, what is sent is what git ls-files lists of both,
// from whichever folder the path is.
func TestGitIgnoreWalk(t *testing.T) {
	git, err := exec.LookPath("git")
	if err != nil {
		t.Skip("there is no git")
	}
	top := filepath.Join(t.TempDir(), "top")
	for p, text := range map[string]string{
		".gitignore": "*.o\n/build\nnested/ignored\n", "a.o": "", "a.c": "", "build/x": "", "sub/build/x": "",
		"sub/.gitignore": "!b.o\nx y\\ \n", "sub/b.o": "", "sub/x y ": "", "sub/deep/c.o": "", "sub/deep/d": "",
		"nested/a.o": "", "nested/ignored": "", "nested/own": "", "nested/.gitignore": "own\n", "secret": "", "sub/secret": "",
	} {
		write(t, filepath.Join(top, filepath.FromSlash(p)), []byte(text))
	}
	run := func(dir string, args ...string) string {
		cmd := exec.Command(git, args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "HOME="+t.TempDir(), "XDG_CONFIG_HOME="+t.TempDir())
		out, err := cmd.Output()
		check(t, err)
		return string(out)
	}
	run(top, "init", "-q")
	run(filepath.Join(top, "nested"), "init", "-q")
	write(t, filepath.Join(top, ".git", "info", "exclude"), []byte("secret\n"))

	for _, at := range []string{".", "sub", "sub/deep", "nested"} {
		dir := filepath.Join(top, filepath.FromSlash(at))
		var want []string
		for _, d := range []string{dir, filepath.Join(top, "nested")} {
			if at != "." && d != dir {
				continue
			}
			rel, err := filepath.Rel(filepath.Dir(dir), d)
			check(t, err)
			for p := range strings.SplitSeq(strings.TrimSuffix(run(d, "ls-files", "-z", "-o", "--exclude-standard"), "\x00"), "\x00") {
				if !strings.HasSuffix(p, "/") { // a nested work tree
					want = append(want, filepath.ToSlash(filepath.Join(rel, p)))
				}
			}
		}
		slices.Sort(want)
		sent, _ := listed(t, filtered(t, source.Options{GitIgnore: true}, dir))
		sent = slices.DeleteFunc(sent, func(p string) bool {
			info, err := os.Stat(filepath.Join(filepath.Dir(dir), filepath.FromSlash(p)))
			return err == nil && info.IsDir()
		})
		if !slices.Equal(sent, slices.Compact(want)) {
			t.Errorf("%s: sent %q, git lists %q", at, sent, want)
		}
	}
}

// A .gitignore file that cannot be read leaves its folder out as a failure: what it
// would ignore must not be sent.
func TestUnreadableGitIgnore(t *testing.T) {
	top := filepath.Join(t.TempDir(), "top")
	write(t, filepath.Join(top, "a"), nil)
	big := write(t, filepath.Join(top, "sub", ".gitignore"), nil)
	write(t, filepath.Join(top, "sub", "secret"), nil)
	check(t, os.Truncate(big, 5<<20))
	var failed []string
	check(t, filtered(t, source.Options{GitIgnore: true}, top).Walk(t.Context(), func(it files.Item) error {
		if it.Err != nil {
			failed = append(failed, it.Path)
		}
		if it.Path == "top/sub/secret" {
			t.Error("it is sent")
		}
		return nil
	}))
	if !slices.Equal(failed, []string{"top/sub"}) {
		t.Errorf("failed: %q", failed)
	}
}

// Folders in which nothing is included are not sent, at any depth.
func TestIncludedFolders(t *testing.T) {
	top := filepath.Join(t.TempDir(), "top")
	for _, p := range []string{"a/b/c/x.jpg", "a/b/d/y.txt", "e/f/z.txt", "g.jpg", "h/i/j.txt"} {
		write(t, filepath.Join(top, filepath.FromSlash(p)), nil)
	}
	for rules, want := range map[string]string{
		"+ *.jpg":           "top top/a top/a/b top/a/b/c top/a/b/c/x.jpg top/g.jpg",
		"+ e/":              "top top/e top/e/f top/e/f/z.txt",
		"- b, + a":          "top top/a",
		"- *.txt":           "top top/a top/a/b top/a/b/c top/a/b/c/x.jpg top/a/b/d top/e top/e/f top/g.jpg top/h top/h/i",
		"+ /h/**, - *":      "",
		"+ /h, - *":         "",
		"+ nothing":         "",
		"- x.jpg, + a/b/**": "top top/a top/a/b top/a/b/c top/a/b/d top/a/b/d/y.txt",
	} {
		var list []ignore.Rule
		for one := range strings.SplitSeq(rules, ", ") {
			list = append(list, ignore.Rule{Include: one[0] == '+', Pattern: one[2:]})
		}
		s := filtered(t, source.Options{Rules: list}, top)
		if sent, _ := listed(t, s); strings.Join(sent, " ") != want {
			t.Errorf("%s: %q, want %q", rules, sent, want)
		}
		err := s.Check(t.Context())
		var path *source.PathError
		if nothing := errors.As(err, &path) && path.Fault == source.FaultNothingLeft; nothing != (want == "") {
			t.Errorf("%s: %v", rules, err)
		}
	}
}

// A path of which nothing is sent is not offered.
func TestOfferedNames(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a", "x.jpg"), nil)
	write(t, filepath.Join(dir, "b", "x.txt"), nil)
	write(t, filepath.Join(dir, "c.txt"), nil)
	t.Chdir(dir)
	s := filtered(t, source.Options{Rules: []ignore.Rule{{Include: true, Pattern: "*.jpg"}}}, "a", "b", "c.txt")
	check(t, s.Check(t.Context()))
	if names := s.Names(); !slices.Equal(names, []string{"a"}) {
		t.Errorf("names %q", names)
	}
}

// Paths with the same name are all sent, and one that is given twice is sent once.
func TestSameNames(t *testing.T) {
	dir := t.TempDir()
	one, two, three := filepath.Join(dir, "1", "a.txt"), filepath.Join(dir, "2", "a.txt"), filepath.Join(dir, "3", "a (1).txt")
	for _, p := range []string{one, two, three} {
		write(t, p, []byte(p))
	}
	s := filtered(t, source.Options{}, one, two, one, three)
	if names := s.Names(); !slices.Equal(names, []string{"a.txt", "a (2).txt", "a (1).txt"}) {
		t.Errorf("names %q", names)
	}
	if given, as := s.Renamed(); !slices.Equal(given, []string{two}) || !slices.Equal(as, []string{"a (2).txt"}) {
		t.Errorf("renamed %q to %q", given, as)
	}
	if got := string(contentOf(t, s, "a (2).txt")); got != two {
		t.Errorf("the second is %q", got)
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// contentOf reads a file of a source.
func contentOf(t *testing.T, s *source.Paths, p string) (content []byte) {
	t.Helper()
	check(t, s.Walk(t.Context(), func(it files.Item) error {
		if it.Path != p || it.Err != nil {
			return it.Err
		}
		f, err := it.Open()
		if err != nil {
			return err
		}
		defer f.Close()
		content = make([]byte, it.Size)
		_, err = f.ReadAt(content, 0)
		return err
	}))
	return content
}
