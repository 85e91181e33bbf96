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

// A symlink replaces nothing that this transfer put there. What another program made
// meanwhile is a conflict.
func TestLinkOnTaken(t *testing.T) {
	tests := []struct {
		policy destination.Policy
		failed int               // symlinks
		kept   int               // likewise
		exists bool              // the transfer ends
		links  []string          // that are made
		theirs map[string]string // the files that are left
	}{
		{destination.PolicyOverwrite, 1, 0, false, []string{"theirs"}, nil},
		{destination.PolicyRename, 1, 0, false, []string{"theirs (1)"}, map[string]string{"theirs": "file"}},
		{destination.PolicySkip, 1, 1, false, nil, map[string]string{"theirs": "file"}},
		{destination.PolicyFail, 0, 0, true, nil, map[string]string{"theirs": "file"}},
		{destination.PolicyAsk, 2, 0, false, nil, map[string]string{"theirs": "file"}},
	}
	for _, tt := range tests {
		t.Run(tt.policy.String(), func(t *testing.T) {
			dir := t.TempDir()
			var told []destination.Renamed
			f := begun(t, dir, destination.Options{Policy: tt.policy, Renamed: func(r destination.Renamed) { told = append(told, r) }}, "top")
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
			if errors.As(err, &unfinished) && (unfinished.Count != tt.failed || unfinished.KeptCount != tt.kept || len(unfinished.Kept) != tt.kept) || errors.As(err, new(*destination.ExistsError)) != tt.exists {
				t.Errorf("%v, %+v", err, unfinished)
			}
			for _, name := range tt.links {
				if to, err := os.Readlink(filepath.Join(dir, "top", name)); to != "x" {
					t.Errorf("%s leads to %q, %v", name, to, err)
				}
				if name != "theirs" && (len(told) != 1 || told[0] != destination.Renamed{Name: "top/theirs", Taken: "top/theirs", Path: "top/" + name}) {
					t.Errorf("told %v", told)
				}
			}
			for name, want := range map[string]string{"ours": "file"} {
				if got := read(t, filepath.Join(dir, "top", name)); got != want {
					t.Errorf("%s is %q", name, got)
				}
			}
			for name, want := range tt.theirs {
				if got := read(t, filepath.Join(dir, "top", name)); got != want {
					t.Errorf("%s is %q", name, got)
				}
			}
		})
	}
}

// Of two symlinks of one name the second never replaces the first, and is no conflict
// with something of the user's either.
func TestLinkListedTwice(t *testing.T) {
	for _, policy := range []destination.Policy{destination.PolicyOverwrite, destination.PolicyRename, destination.PolicySkip, destination.PolicyFail} {
		dir := t.TempDir()
		f := begun(t, dir, destination.Options{Policy: policy}, "top")
		mustPrepareFolder(t, f, "top")
		for i, target := range []string{"x", "y"} {
			_, err := f.Prepare(t.Context(), uint64(i), files.Entry{Kind: files.KindSymlink, Path: "top/l", Target: target})
			must(t, err)
		}
		err := f.Finish(t.Context())
		if !hasInodes {
			continue
		}
		var unfinished *files.UnfinishedError
		if !errors.As(err, &unfinished) || unfinished.Count != 1 || unfinished.KeptCount != 0 {
			t.Errorf("%v: %v", policy, err)
		}
		if to, err := os.Readlink(filepath.Join(dir, "top", "l")); to != "x" || len(tree(t, dir)) != 2 {
			t.Errorf("%v: %q, %v", policy, to, err)
		}
	}
}

// A symlink that gets another name at the end is checked under that one.
func TestLinkRenamedLateIsChecked(t *testing.T) {
	dir := t.TempDir()
	f := begun(t, dir, destination.Options{Policy: destination.PolicyRename}, "top")
	mustPrepareFolder(t, f, "top")
	for i, l := range [][2]string{{"q", "."}, {"p", "q/.."}} { // word by word p is top
		_, err := f.Prepare(t.Context(), uint64(i), files.Entry{Kind: files.KindSymlink, Path: "top/" + l[0], Target: l[1]})
		must(t, err)
	}
	write(t, filepath.Join(dir, "top", "p"), []byte("mine"))
	mentions(t, firstUnfinished(f.Finish(t.Context())), "top/p (1)", "leads out")
	if _, err := os.Lstat(filepath.Join(dir, "top", "p (1)")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v", err)
	}
}
