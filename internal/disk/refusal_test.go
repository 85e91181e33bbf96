//go:build unix

package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// Which failures are of one entry, and which of the disk.
func TestRefusal(t *testing.T) {
	root, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	box, err := newOpenDir(root, "", root)
	if err != nil {
		t.Fatal(err)
	}
	defer box.close()
	f := &Folder{dir: "dest", dest: root, partial: &partial{openDir: box}}
	tests := []struct {
		err  error
		want any
	}{
		{syscall.ENAMETOOLONG, new(*SkipError)},
		{syscall.EILSEQ, new(*SkipError)},
		{syscall.EINVAL, new(*SkipError)},
		{syscall.EACCES, new(*SkipError)},
		{syscall.EPERM, new(*SkipError)},
		{syscall.ENOENT, new(*SkipError)},
		{syscall.EEXIST, new(*SkipError)},
		{&notAFolder{"a", "a symlink"}, new(*SkipError)},
		{syscall.ENOSPC, new(*SpaceError)},
		{syscall.EDQUOT, new(*SpaceError)},
		{syscall.EIO, new(*WriteError)},
		{syscall.EROFS, new(*WriteError)},
	}
	for _, tt := range tests {
		err := f.refusal("a/b", &fs.PathError{Op: "open", Path: "b", Err: tt.err})
		if !errors.As(err, tt.want) || !errors.Is(err, tt.err) {
			t.Errorf("%v gives %T: %v", tt.err, err, err)
		}
		var skip *SkipError
		if errors.As(err, &skip) && (skip.Path != "a/b" || skip.Reason == "" || skip.Detail == "" || len(skip.Reason) > wire.MaxSkipReason) {
			t.Errorf("%+v", skip)
		}
	}
	for _, fatal := range []error{syscall.EIO, syscall.EROFS} {
		err := f.refusal("a/b", fatal)
		if errors.As(err, new(*SkipError)) || !errors.Is(err, fatal) {
			t.Errorf("%v gives %T: %v", fatal, err, err)
		}
	}
}

// A rename that must not replace, by the way of systems and disks that have
// only links.
func TestMoveByLink(t *testing.T) {
	dir := t.TempDir()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	d, err := newOpenDir(root, "", root)
	if err != nil {
		t.Fatal(err)
	}
	defer d.close()
	for _, name := range []string{"a", "b"} {
		if err := root.WriteFile(name, []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, move := range map[string]func(from, to *openDir, old, name string) error{"link": linkNew, "system": moveNew} {
		if err := move(d, d, "a", "b"); !errors.Is(err, fs.ErrExist) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for i, move := range []func(from, to *openDir, old, name string) error{linkNew, moveNew} {
		from, to := []string{"a", "c"}[i], []string{"c", "d"}[i]
		if err := move(d, d, from, to); err != nil {
			t.Error(err)
		}
		b, err := os.ReadFile(filepath.Join(dir, to))
		if _, gone := os.Lstat(filepath.Join(dir, from)); string(b) != "a" || err != nil || gone == nil {
			t.Errorf("%q, %v, %v", b, err, gone)
		}
	}
}

func TestSize(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0 bytes", 1023: "1023 bytes", 1024: "1.0 KiB", 1536: "1.5 KiB", 5 << 20: "5.0 MiB",
		3 << 30: "3.0 GiB", 7 << 40: "7.0 TiB", 1 << 50: "1.0 PiB", 1 << 60: "1.0 EiB", 1<<63 - 1: "8.0 EiB",
	} {
		if got := size(n); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
}

func TestCause(t *testing.T) {
	for _, err := range []error{
		syscall.ENOENT,
		&fs.PathError{Op: "open", Path: "/a/secret/path", Err: syscall.ENOENT},
		fmt.Errorf("x: %w", &os.LinkError{Op: "rename", Old: "a", New: "b", Err: syscall.ENOENT}),
	} {
		if got := cause(err); got != "no such file or directory" {
			t.Errorf("%q", got)
		}
	}
	if got := cause(&fs.PathError{Op: "open", Path: "a", Err: errReplaced}); got != errReplaced.Error() {
		t.Errorf("%q", got)
	}
}
