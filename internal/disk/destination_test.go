package disk_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/tallow-transfer/tallow/internal/disk/destination"
	"github.com/tallow-transfer/tallow/internal/stream"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// What every destination does with one file.
func TestDestinations(t *testing.T) {
	type made struct {
		receiver
		result func(t *testing.T) []byte
	}
	kinds := map[string]func(t *testing.T) made{
		"folder": func(t *testing.T) made {
			dir := t.TempDir()
			return made{folder(t, dir, destination.Options{}), func(t *testing.T) []byte { return []byte(read(t, filepath.Join(dir, "a"))) }}
		},
		"writer": func(*testing.T) made {
			var out bytes.Buffer
			return made{stream.NewWriter(&out), func(*testing.T) []byte { return out.Bytes() }}
		},
		"memory": func(*testing.T) made {
			m := stream.NewBuffer(4 * mib)
			return made{m, func(*testing.T) []byte { return m.Bytes() }}
		},
	}
	for name, make := range kinds {
		for _, n := range []int{0, 1, mib, 2*mib + 3} {
			t.Run(name, func(t *testing.T) {
				data := random(n, 1)
				path := write(t, filepath.Join(t.TempDir(), "a"), data)
				file := newSource(t, path)
				in, err := os.Open(path)
				must(t, err)
				stream := stream.NewReader("a", in)
				defer stream.Close()
				for _, src := range []sender{file, stream} {
					m := make(t)
					d := &delivery{src: src, dst: m}
					must(t, d.run(t.Context()))
					must(t, m.Close())
					must(t, m.Close())
					if got := m.result(t); !bytes.Equal(got, data) || len(d.failed) > 0 || d.paths["a"] != "a" {
						t.Errorf("%T: %d bytes arrived as %d others, %v", src, n, len(got), d.failed)
					}
				}
			})
		}
		t.Run(name+" with an ended context", func(t *testing.T) {
			m := make(t)
			ctx, cancel := context.WithCancel(t.Context())
			must(t, m.Begin(ctx, []string{"a"}, 1))
			cancel()
			if _, err := m.Prepare(ctx, 0, fileEntry("a", 1)); !errors.Is(err, context.Canceled) {
				t.Errorf("Prepare: %v", err)
			}
			if err := m.Finish(ctx); !errors.Is(err, context.Canceled) {
				t.Errorf("Finish: %v", err)
			}
			must(t, m.Close())
			if err := make(t).Begin(ctx, []string{"a"}, 1); !errors.Is(err, context.Canceled) {
				t.Errorf("Begin: %v", err)
			}
		})
		t.Run(name+" with a file of another", func(t *testing.T) {
			m := make(t)
			must(t, m.Begin(t.Context(), []string{"a"}, 1))
			other, err := begun(t, t.TempDir(), destination.Options{}, "a").Prepare(t.Context(), 0, fileEntry("a", 0))
			must(t, err)
			mentions(t, m.Commit(t.Context(), []files.File{other})[0], "not a file of this destination")
			must(t, m.Close())
		})
	}
}

// -o with a new name for the one file or folder that is sent.
func TestAs(t *testing.T) {
	from := t.TempDir()
	write(t, filepath.Join(from, "top", "sub", "a"), []byte("1"))
	must(t, os.Symlink("sub/a", filepath.Join(from, "top", "link")))
	file := write(t, filepath.Join(from, "file"), []byte("2"))

	to := t.TempDir()
	d := deliver(t, to, destination.Options{As: "new"}, filepath.Join(from, "top"))
	if got := d.paths["top/sub/a"]; got != "new/sub/a" || read(t, filepath.Join(to, "new", "link")) != "1" {
		t.Errorf("%q", got)
	}
	to = t.TempDir()
	d = deliver(t, to, destination.Options{As: "new.txt"}, file)
	if got := d.paths["file"]; got != "new.txt" || read(t, filepath.Join(to, "new.txt")) != "2" {
		t.Errorf("%q", got)
	}
	// If the new name is taken, it is numbered.
	write(t, filepath.Join(to, "new.txt"), []byte("3"))
	d = deliver(t, to, destination.Options{As: "new.txt", Policy: destination.PolicyRename}, file)
	if got := d.paths["file"]; got != "new (1).txt" {
		t.Errorf("%q", got)
	}

	var oneName *destination.OneNameError
	if err := folder(t, to, destination.Options{As: "x"}).Begin(t.Context(), []string{"a", "b"}, 0); !errors.As(err, &oneName) || oneName.Count != 2 || oneName.Name != "x" {
		t.Errorf("%v", err)
	}
	for _, as := range []string{"a/b", "..", ".", "a\x00", ".tallow-x"} {
		_, err := destination.NewFolder(t.Context(), to, destination.Options{As: as})
		if name := new(destination.NameError); !errors.As(err, &name) || name.Name != as {
			t.Errorf("%q: %v", as, err)
		}
	}
}

func TestNewFolder(t *testing.T) {
	dir := t.TempDir()
	file := write(t, filepath.Join(dir, "file"), nil)
	for _, p := range []string{file, filepath.Join(file, "below")} {
		_, err := destination.NewFolder(t.Context(), p, destination.Options{})
		mentions(t, err, p, "not a directory")
	}
	made := filepath.Join(dir, "a", "b", "c")
	f, err := destination.NewFolder(t.Context(), made, destination.Options{})
	must(t, err)
	must(t, f.Begin(t.Context(), []string{"x"}, 0))
	_, err = put(t, f, fileEntry("x", 1), []byte("1"))
	must(t, err)
	must(t, f.Finish(t.Context()))
	must(t, f.Close())
	if read(t, filepath.Join(made, "x")) != "1" {
		t.Error("it is not there")
	}
}

// These are all kinds of entries, and only two of them have a File.
func TestPrepareKinds(t *testing.T) {
	f := begun(t, t.TempDir(), destination.Options{}, "top")
	for i, e := range []files.Entry{
		dirEntry("top"),
		{Kind: files.KindSymlink, Path: "top/l", Target: "a"},
		fileEntry("top/a", 0),
		{Kind: files.KindStream, Path: "top/s"},
	} {
		file, err := f.Prepare(t.Context(), uint64(i), e)
		must(t, err)
		if (file != nil) != (e.Kind == files.KindFile || e.Kind == files.KindStream) {
			t.Errorf("a %v has the file %v", e.Kind, file)
		}
	}
}
