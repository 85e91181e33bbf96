package disk_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/internal/disk/destination"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// Symlinks whose names are taken, under every policy.
func TestLinkConflict(t *testing.T) {
	const target = "sub/x"
	there := map[string]func(t *testing.T, p string){
		"file":       func(t *testing.T, p string) { write(t, p, []byte("mine")) },
		"other link": func(t *testing.T, p string) { must(t, os.Symlink("mine", p)) },
		"same link":  func(t *testing.T, p string) { must(t, os.Symlink(target, p)) },
		"folder":     func(t *testing.T, p string) { must(t, os.Mkdir(p, 0o755)) },
	}
	tests := []struct {
		policy destination.Policy
		kind   string
		want   string // "replaced", "renamed", "skipped", "exists", "same"
	}{
		{destination.PolicyOverwrite, "file", "replaced"},
		{destination.PolicyOverwrite, "other link", "replaced"},
		{destination.PolicyOverwrite, "folder", "skipped"},
		{destination.PolicyRename, "file", "renamed"},
		{destination.PolicyRename, "other link", "renamed"},
		{destination.PolicyRename, "folder", "renamed"},
		{destination.PolicySkip, "file", "skipped"},
		{destination.PolicyFail, "file", "exists"},
		{destination.PolicyAsk, "other link", "exists"},
		{destination.PolicyFail, "same link", "same"},
	}
	for _, tt := range tests {
		t.Run(tt.policy.String()+" "+tt.kind, func(t *testing.T) {
			dir := t.TempDir()
			p := filepath.Join(dir, "top", "l.x")
			must(t, os.Mkdir(filepath.Dir(p), 0o755))
			there[tt.kind](t, p)
			before := tree(t, dir)["top/l.x"]
			f := begun(t, dir, destination.Options{Policy: tt.policy}, "top")
			mustPrepareFolder(t, f, "top")
			at := time.Unix(5, 7)
			_, err := f.Prepare(t.Context(), 1, files.Entry{Kind: files.KindSymlink, Path: "top/l.x", Target: target, ModTime: at})
			switch tt.want {
			case "skipped":
				refusedWith(t, err)
			case "exists":
				if !errors.As(err, new(*destination.ExistsError)) {
					t.Errorf("%v", err)
				}
			default:
				must(t, err)
			}
			must(t, f.Finish(t.Context()))
			made := map[string]string{"replaced": "l.x", "renamed": "l (1).x"}[tt.want]
			if made != "" {
				info, err := os.Lstat(filepath.Join(dir, "top", made))
				to, lerr := os.Readlink(filepath.Join(dir, "top", made))
				if to != target || errors.Join(err, lerr) != nil || (hasInodes && !info.ModTime().Equal(at)) {
					t.Errorf("%s leads to %q, %v, %v", made, to, info, errors.Join(err, lerr))
				}
			}
			if after := tree(t, dir)["top/l.x"]; tt.want != "replaced" && after != before {
				t.Errorf("it is %q, was %q", after, before)
			}
		})
	}
}

// A symlink replaces neither what this transfer put there, nor what another
// program made meanwhile.
func TestLinkOnTaken(t *testing.T) {
	for _, policy := range []destination.Policy{destination.PolicyOverwrite, destination.PolicyRename, destination.PolicyFail} {
		dir := t.TempDir()
		f := begun(t, dir, destination.Options{Policy: policy}, "top")
		mustPrepareFolder(t, f, "top")
		for i, p := range []string{"top/ours", "top/theirs"} {
			_, err := f.Prepare(t.Context(), uint64(i), files.Entry{Kind: files.KindSymlink, Path: p, Target: "x"})
			must(t, err)
		}
		_, err := put(t, f, fileEntry("top/ours", 4), []byte("file"))
		must(t, err)
		write(t, filepath.Join(dir, "top", "theirs"), []byte("file"))
		err = f.Finish(t.Context())
		var unfinished *files.UnfinishedError
		if !errors.As(err, &unfinished) || unfinished.Count != 2 || len(unfinished.Paths) != 2 {
			t.Errorf("%v", err)
		}
		for _, p := range []string{"ours", "theirs"} {
			if got := read(t, filepath.Join(dir, "top", p)); got != "file" {
				t.Errorf("%s is %q", p, got)
			}
		}
	}
}
