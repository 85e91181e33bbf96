package osfs

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// imitation is a file system in memory that lacks some calls.
type imitation struct {
	files map[string]string // content by name
	lacks map[string]error  // the errors of calls that it does not have, by name of the call
}

func (fake *imitation) moves() moves {
	call := func(name string, do func() error) func() error {
		return func() error {
			if err := fake.lacks[name]; err != nil {
				return err
			}
			return do()
		}
	}
	free := func() error {
		if _, taken := fake.files["new"]; taken {
			return syscall.EEXIST
		}
		return nil
	}
	rename := func() error {
		if _, there := fake.files["old"]; !there {
			return fs.ErrNotExist
		}
		fake.files["new"] = fake.files["old"]
		delete(fake.files, "old")
		return nil
	}
	remove := func(name string) func() error {
		return func() error {
			delete(fake.files, name)
			return nil
		}
	}
	return moves{
		exclusive: call("exclusive", func() error {
			if err := free(); err != nil {
				return err
			}
			return rename()
		}),
		link: call("link", func() error {
			if err := free(); err != nil {
				return err
			}
			fake.files["new"] = fake.files["old"]
			return nil
		}),
		removeOld: call("removeOld", remove("old")),
		removeNew: call("removeNew", remove("new")),
		look: func() error {
			if free() == nil {
				return fs.ErrNotExist
			}
			return nil
		},
		rename: call("rename", rename),
	}
}

func TestMoveWithoutCalls(t *testing.T) {
	moved, stays := map[string]string{"new": "a"}, map[string]string{"old": "a"}
	both := map[string]string{"old": "a", "new": "b"}
	noExclusive := map[string]error{"exclusive": syscall.EINVAL}
	lacking := func(names ...string) map[string]error {
		lacks := maps.Clone(noExclusive)
		for _, name := range names {
			lacks[name] = errInvalidFunction
		}
		return lacks
	}
	tests := map[string]struct {
		lacks         map[string]error
		before, after map[string]string
		fails         error
	}{
		"all calls":                        {nil, stays, moved, nil},
		"all calls, taken":                 {nil, both, both, fs.ErrExist},
		"no exclusive rename":              {noExclusive, stays, moved, nil},
		"no exclusive rename, taken":       {noExclusive, both, both, fs.ErrExist},
		"no links":                         {lacking("link"), stays, moved, nil},
		"no links, taken":                  {lacking("link"), both, both, fs.ErrExist},
		"the old name cannot be removed":   {lacking("removeOld"), stays, moved, nil},
		"the old name is not there":        {map[string]error{"exclusive": syscall.ENOSYS, "removeOld": syscall.ENOENT}, stays, map[string]string{"old": "a", "new": "a"}, nil},
		"no name can be removed":           {lacking("removeOld", "removeNew"), stays, moved, nil},
		"no name can be removed, taken":    {lacking("removeOld", "removeNew"), both, both, fs.ErrExist},
		"nothing but links works":          {lacking("removeOld", "rename"), stays, stays, errInvalidFunction},
		"nothing works":                    {lacking("link", "rename"), stays, stays, errInvalidFunction},
		"permission denied by every call":  {map[string]error{"exclusive": syscall.EACCES, "link": syscall.EACCES, "rename": syscall.EACCES}, stays, stays, syscall.EACCES},
		"links denied, as by a FUSE":       {map[string]error{"exclusive": syscall.EINVAL, "link": syscall.EPERM}, stays, moved, nil},
		"links unknown, as on SMB":         {map[string]error{"exclusive": syscall.EINVAL, "link": syscall.EOPNOTSUPP}, stays, moved, nil},
		"an input/output error for a link": {map[string]error{"exclusive": syscall.EINVAL, "link": syscall.EIO}, stays, moved, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			fake := imitation{files: maps.Clone(test.before), lacks: test.lacks}
			if err := fake.moves().move(); !errors.Is(err, test.fails) {
				t.Errorf("%v, not %v", err, test.fails)
			}
			if !maps.Equal(fake.files, test.after) {
				t.Errorf("%v, not %v", fake.files, test.after)
			}
		})
	}
}

// The calls of this system, each lacked in turn.
func TestMove(t *testing.T) {
	none := func() error { return errors.ErrUnsupported }
	for name, lack := range map[string]func(*moves){
		"nothing":   func(*moves) {},
		"exclusive": func(m *moves) { m.exclusive = none },
		"link":      func(m *moves) { m.exclusive, m.link = none, none },
		"removal":   func(m *moves) { m.exclusive, m.removeOld = none, none },
	} {
		t.Run("without "+name, func(t *testing.T) {
			dir := t.TempDir()
			d := openTestDir(t, dir)
			for _, name := range []string{"a", "b"} {
				if err := d.Root.WriteFile(name, []byte(name), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			m := movesOf(d, d, "a", "b")
			lack(&m)
			if err := m.move(); !errors.Is(err, fs.ErrExist) {
				t.Error(err)
			}
			m = movesOf(d, d, "a", "c")
			lack(&m)
			if err := m.move(); err != nil {
				t.Error(err)
			}
			b, err := os.ReadFile(filepath.Join(dir, "c"))
			if _, gone := os.Lstat(filepath.Join(dir, "a")); string(b) != "a" || err != nil || gone == nil {
				t.Errorf("%q, %v, %v", b, err, gone)
			}
		})
	}
}

func openTestDir(t *testing.T, dir string) *Dir {
	t.Helper()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	d := &Dir{Base: root, Root: root}
	if err := d.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = d.Close(), root.Close() })
	return d
}
