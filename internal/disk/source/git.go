package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/tallow-transfer/tallow/internal/descriptors"
	"github.com/tallow-transfer/tallow/internal/ignore"
)

// maxPatterns bounds a file of patterns, in bytes.
const maxPatterns = 4 << 20

// gitAround returns the rules of Git that hold in a folder, nil if it is in no work
// tree. If the folder itself is ignored, it returns the pattern that does.
func gitAround(ctx context.Context, dir string) (folder *ignore.Folder, ignored string, err error) {
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return nil, "", err
	}
	at := dir
	for !isWorkTree(at) {
		outer := filepath.Dir(at)
		if outer == at {
			return nil, "", nil
		}
		at = outer
	}
	if folder, err = enterGit(ctx, nil, "", at, os.DirFS(at)); err != nil || at == dir {
		return folder, "", err
	}
	below, err := filepath.Rel(at, dir)
	if err != nil {
		return nil, "", err
	}
	for name := range strings.SplitSeq(below, string(filepath.Separator)) {
		if pattern, yes := folder.Ignored(name, true); yes {
			return nil, pattern, nil
		}
		at = filepath.Join(at, name)
		if folder, err = enterGit(ctx, folder, name, at, os.DirFS(at)); err != nil {
			return nil, "", err
		}
	}
	return folder, "", nil
}

// enterGit returns the rules of Git in a folder. Outer has those of the folder in which
// it has this name, or is nil. The top of a work tree has its own rules alone.
func enterGit(ctx context.Context, outer *ignore.Folder, name, local string, folder fs.FS) (*ignore.Folder, error) {
	patterns, err := readPatterns(ctx, folder, ignore.GitIgnore)
	if err != nil {
		return nil, err
	}
	if outer != nil && !isWorkTree(local) {
		return outer.Enter(name, patterns), nil
	}
	var exclude []byte
	if common := commonGitFolder(local); common != "" {
		if exclude, err = readPatterns(ctx, os.DirFS(common), "info/exclude"); err != nil {
			return nil, err
		}
	}
	return ignore.Repository(exclude, patterns, foldsCase), nil
}

// readPatterns reads a file of patterns. One that is not there, and what is no regular
// file, has none; as with Git, symlinks are not followed.
func readPatterns(ctx context.Context, folder fs.FS, name string) ([]byte, error) {
	info, err := fs.Lstat(folder, name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, nil
	case info.Size() > maxPatterns:
		return nil, fmt.Errorf("%s has more than %d MiB", name, maxPatterns>>20)
	}
	f, err := descriptors.Open(ctx, func() (fs.File, error) { return folder.Open(name) })
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxPatterns))
}

// isWorkTree reports whether a folder is the top of a work tree of Git.
func isWorkTree(dir string) bool {
	info, err := os.Lstat(filepath.Join(dir, ignore.GitFolder))
	if err != nil || !info.IsDir() {
		return err == nil && info.Mode().IsRegular()
	}
	_, err = os.Lstat(filepath.Join(dir, ignore.GitFolder, "HEAD"))
	return err == nil
}

// commonGitFolder returns where Git keeps what all work trees of a repository share, or
// nothing. In a submodule and in a linked work tree .git is a file that says where.
func commonGitFolder(workTree string) string {
	at := filepath.Join(workTree, ignore.GitFolder)
	info, err := os.Lstat(at)
	if err != nil {
		return ""
	}
	if info.Mode().IsRegular() {
		if at = pathIn(at, "gitdir: ", workTree); at == "" {
			return ""
		}
	}
	if common := pathIn(filepath.Join(at, "commondir"), "", at); common != "" {
		return common
	}
	return at
}

// pathIn returns the path that a small file of Git has in it, behind a prefix. It is
// relative to a folder.
func pathIn(file, prefix, folder string) string {
	f, err := os.Open(file)
	if err != nil {
		return ""
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, 8<<10))
	if err != nil {
		return ""
	}
	at, ok := strings.CutPrefix(strings.TrimRight(string(text), "\r\n"), prefix)
	switch {
	case !ok || at == "":
		return ""
	case filepath.IsAbs(at):
		return at
	}
	return filepath.Join(folder, filepath.FromSlash(at))
}
