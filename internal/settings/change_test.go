package settings

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
)

func noCheck() error { return nil }

// Comments, order, indents, line ends and how other values are written all stay.
func TestChange(t *testing.T) {
	for _, tc := range []struct{ what, before, name, text, after string }{
		{"into an empty file", "", "name", "x", "name = 'x'\n"},
		{"a new one at the end", "# mine\non = true # yes\n\n# end\n", "ttl", "5m", "# mine\non = true # yes\n\n# end\nttl = '5m'\n"},
		{"behind a last line without an end", "on = true", "max-count", "7", "on = true\nmax-count = 7\n"},
		{"in its place", "# a\nname = \"old\"\n# b\non = true\n", "name", "new", "# a\nname = 'new'\n# b\non = true\n"},
		{"before a comment", "name = 'old'   # why\non = true\n", "name", "new", "name = 'new'   # why\non = true\n"},
		{"a value with a hash in it", "name = 'a # b' # c\n", "name", "d", "name = 'd' # c\n"},
		{"the last line without an end", "on = true\nname = 'a'", "name", "b", "on = true\nname = 'b'"},
		{"with an indent", "  name = 'a'\n", "name", "b", "  name = 'b'\n"},
		{"lines of Windows", "# a\r\nname = 'a'\r\non = true\r\n", "name", "b", "# a\r\nname = 'b'\r\non = true\r\n"},
		{"a quoted key", "\"name\" = 'a'\n", "name", "b", "name = 'b'\n"},
		{"a value of several lines", "nets = [\n  '10.0.0.0/8', # a\n  '::1/128',\n] # b\non = true\n", "nets", "fd00::/8,1.1.1.1/32", "nets = ['fd00::/8', '1.1.1.1/32'] # b\non = true\n"},
		{"a text of several lines", "name = '''\na # b\nc'''  # d\non = true\n", "name", "x", "name = 'x'  # d\non = true\n"},
		{"a quote in it", "", "name", `it's "so"`, "name = \"it's \\\"so\\\"\"\n"},
		{"a time as it was given", "ttl = '1h0m0s'", "ttl", "90s", "ttl = '90s'"},
		{"a switch", "on = false # no\n", "on", "true", "on = true # no\n"},
	} {
		t.Run(tc.what, func(t *testing.T) {
			file := writeFile(t, tc.before)
			v := defaults()
			if err := newSet(t, &v).Change(file, tc.name, tc.text, noCheck); err != nil {
				t.Fatal(err)
			}
			if got := readFile(t, file); got != tc.after {
				t.Errorf("got  %q\nwant %q", got, tc.after)
			}
			// Read back, it is what the flag would make.
			got, want := defaults(), defaults()
			if err := newSet(t, &got).Load(file, environment(nil)); err != nil {
				t.Fatal(err)
			}
			set := newSet(t, &want, "--"+tc.name+"="+tc.text)
			if err := set.Load(writeFile(t, tc.before), environment(nil)); err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
		})
	}
}

func TestRemove(t *testing.T) {
	for _, tc := range []struct {
		before, after string
		was           bool
	}{
		{"", "", false},
		{"# a\non = true\n", "# a\non = true\n", false},
		{"# a\nname = 'x' # b\non = true\n", "# a\non = true\n", true},
		{"on = true\nname = '''\nx\n'''", "on = true\n", true},
	} {
		file := writeFile(t, tc.before)
		v := defaults()
		was, err := newSet(t, &v).Remove(file, "name", noCheck)
		if got := readFile(t, file); err != nil || was != tc.was || got != tc.after {
			t.Errorf("%q: %q, %t, %v", tc.before, got, was, err)
		}
	}
}

// A change that is refused leaves the file as it was, and nothing beside it.
func TestRefusedChanges(t *testing.T) {
	no := errors.New("no")
	for _, tc := range []struct {
		what, before, name, text string
		check                    error
		problem                  Problem
	}{
		{"no such setting", "", "nmae", "x", nil, Unknown},
		{"a table", "", "token", "x", nil, Unknown},
		{"no number", "on = true\n", "max-count", "many", nil, BadValue},
		{"no text", "on = true\n", "name", "a\xe6", nil, BadValue},
		{"no time", "on = true\n", "ttl", "long", nil, BadValue},
		{"a file that is no TOML", "on = tru\n", "name", "x", nil, BadSyntax},
		{"a file with an unknown key", "off = true\n", "name", "x", nil, Unknown},
		{"another value that is bad", "ttl = 'long'\n", "name", "x", nil, BadValue},
		{"a value that the program refuses", "on = true\n", "name", "x", no, 0},
		{"in a file with tables", "[[token]]\nname = 'a'\n", "max-count", "3", nil, Unknown},
	} {
		t.Run(tc.what, func(t *testing.T) {
			file := writeFile(t, tc.before)
			v := defaults()
			err := newSet(t, &v).Change(file, tc.name, tc.text, func() error { return tc.check })
			var e *Error
			if errors.As(err, &e) != (tc.check == nil) || e != nil && e.Problem != tc.problem || e == nil && err != tc.check {
				t.Errorf("%+v", err)
			}
			if got := readFile(t, file); got != tc.before {
				t.Errorf("the file is %q", got)
			}
			if entries, err := os.ReadDir(filepath.Dir(file)); err != nil || len(entries) != 1 {
				t.Errorf("beside it: %v, %v", entries, err)
			}
		})
	}
}

// The check sees the values of the changed file, and where they are.
func TestCheckOfAChange(t *testing.T) {
	file := writeFile(t, "on = true\n")
	v := defaults()
	set := newSet(t, &v)
	err := set.Change(file, "name", "x", func() error {
		if v.Name != "x" || !v.On || set.Place("name") != file+", line 2: name" {
			t.Errorf("%+v, made at %s", v, set.Place("name"))
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestModeOfTheFile(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no such modes")
	}
	file := filepath.Join(t.TempDir(), "new", "test.toml")
	mode := func() fs.FileMode {
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		return info.Mode().Perm()
	}
	change := func(name, text string) {
		v := defaults()
		if err := newSet(t, &v).Change(file, name, text, noCheck); err != nil {
			t.Fatal(err)
		}
	}
	change("name", "x")
	if mode() != 0o600 {
		t.Errorf("a new file has %o", mode())
	}
	if err := os.Chmod(file, 0o644); err != nil {
		t.Fatal(err)
	}
	change("name", "y")
	if mode() != 0o644 {
		t.Errorf("a file that had 644 has %o", mode())
	}
	change("secret", "z")
	if mode() != 0o600 {
		t.Errorf("a file with a secret has %o", mode())
	}
}

// A file that is a symlink, as tools for dotfiles make it, stays one.
func TestChangeThroughASymlink(t *testing.T) {
	target := writeFile(t, "on = true\n")
	link := filepath.Join(t.TempDir(), "link.toml")
	if err := os.Symlink(target, link); err != nil {
		t.Skip(err)
	}
	v := defaults()
	if err := newSet(t, &v).Change(link, "name", "x", noCheck); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		t.Errorf("it is no symlink any more: %v", err)
	}
	if got := readFile(t, target); got != "on = true\nname = 'x'\n" {
		t.Errorf("%q", got)
	}
}

func readFile(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// Whatever valid file there is, a change makes that one setting, and keeps all
// comments that are on lines of their own.
func FuzzChange(f *testing.F) {
	f.Add("on = true # a\nname = 'x'\n", "y")
	f.Add("name = '''\n# '''\nnets = [\n'a', # b\n]\n", "#")
	f.Add("\"name\"=\"\"\"\\\"\"\"\"#c\r\nttl='1s'", "\"\n'")
	f.Fuzz(func(t *testing.T, before, text string) {
		var old, now values
		if newSet(t, &old).Load(writeFile(t, before), environment(nil)) != nil || strings.Contains(before, "token") {
			return
		}
		file := writeFile(t, before)
		var v values
		if err := newSet(t, &v).Change(file, "name", text, noCheck); err != nil {
			if got := readFile(t, file); got != before {
				t.Errorf("%v, and the file is %q", err, got)
			}
			return
		}
		if err := newSet(t, &now).Load(file, environment(nil)); err != nil {
			t.Fatalf("%q: %v", readFile(t, file), err)
		}
		old.Name = text
		if !reflect.DeepEqual(old, now) {
			t.Errorf("%q became %q: %+v, want %+v", before, readFile(t, file), now, old)
		}
	})
}
