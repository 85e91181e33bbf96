//go:build !js

package tallow

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/tallow-transfer/tallow/internal/descriptors"
	"github.com/tallow-transfer/tallow/internal/disk/destination"
	"github.com/tallow-transfer/tallow/internal/disk/partial"
	"github.com/tallow-transfer/tallow/internal/disk/source"
	"github.com/tallow-transfer/tallow/internal/ignore"
	"github.com/tallow-transfer/tallow/internal/transfer"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// openPaths opens files and folders of this machine as a source.
func openPaths(ctx context.Context, o SendOptions, b descriptors.Budget) (openSource, error) {
	links, err := linksPolicy(o.Links)
	if err != nil {
		return nil, err
	}
	rules := make([]ignore.Rule, len(o.Rules))
	for i, r := range o.Rules {
		rules[i] = ignore.Rule(r)
	}
	s, err := source.NewPaths(ctx, o.Paths, source.Options{Links: links, RenameUnsafe: o.RenameUnsafe, Rules: rules, GitIgnore: o.GitIgnore, Descriptors: b})
	if err != nil {
		return nil, err // a nil *source.Paths would not be a nil interface
	}
	return s, nil
}

func linksPolicy(l Links) (source.Links, error) {
	switch l {
	case "", LinksKeep:
		return source.KeepLinks, nil
	case LinksSkip:
		return source.SkipLinks, nil
	case LinksFollow:
		return source.FollowLinks, nil
	}
	return 0, &Error{Kind: KindUsage, Reason: ReasonLinksName, Detail: string(l)}
}

// openFolder opens the output folder as the destination.
func (out *output) openFolder(ctx context.Context, names []string) error {
	dir, as := place(ctx, out.o.Output, names)
	out.folder = dir
	policy, err := policyOf(out.o.OnConflict)
	if err != nil {
		return err
	}
	folder, err := destination.NewFolder(ctx, dir, destination.Options{Policy: policy, Ask: out.ask(), Renamed: out.renamed, As: as, Preserve: out.o.Preserve, Descriptors: out.descriptors, Logger: out.log})
	if err != nil {
		return &transfer.DiskError{Err: err}
	}
	out.opened, out.resume, out.close = out.announce(folder, folder), folder, func() { _ = folder.Close() }
	return nil
}

// place splits an output path into a folder and, if the path is not itself a
// folder, the name to give to the single file or folder that is received. A folder
// that an interrupted transfer made under that name counts as that name again.
func place(ctx context.Context, path string, names []string) (dir, as string) {
	if path == "" {
		return ".", ""
	}
	if os.IsPathSeparator(path[len(path)-1]) || len(names) != 1 {
		return path, ""
	}
	dir, as = filepath.Split(filepath.Clean(path))
	if dir == "" {
		dir = "."
	}
	if isFolder(path) && !partial.Interrupted(ctx, dir, names, as) {
		return path, ""
	}
	return dir, as
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// checkOutput finds out whether a Receive can write to its output path.
func checkOutput(ctx context.Context, path string) error {
	dir, _ := place(ctx, path, []string{""})
	if err := destination.Check(dir); err != nil {
		return &transfer.DiskError{Err: err}
	}
	return nil
}

// freeSpace returns how many bytes can be written to the disk of an output path. It is
// false if that is not known.
func freeSpace(ctx context.Context, output string, names []string) (int64, bool) {
	dir, _ := place(ctx, output, names)
	return destination.FreeSpace(dir)
}

// leftovers returns what interrupted transfers left in a folder.
func leftovers(ctx context.Context, folder string) (all []LeftoverEvent) {
	for _, l := range partial.Leftovers(ctx, folder) {
		all = append(all, LeftoverEvent{Path: filepath.Join(folder, l.Name), Bytes: l.Bytes, Last: l.Last})
	}
	return all
}

// remembered returns the sealed state that earlier processes of the receiver left
// for an output path, newest first.
func remembered(ctx context.Context, output string) [][]byte {
	if output == "" {
		output = "."
	}
	dir, as := filepath.Dir(output), filepath.Base(output)
	if !isFolder(output) {
		return partial.Remembered(ctx, dir, "")
	}
	return append(partial.Remembered(ctx, output, ""), partial.Remembered(ctx, dir, as)...)
}

// interrupted says whether a Receive of these names to an output path was
// interrupted and left something that is taken up now.
func interrupted(ctx context.Context, output string, names []string) bool {
	dir, _ := place(ctx, output, names)
	return partial.Interrupted(ctx, dir, names, "")
}

func policyOf(c Conflict) (destination.Policy, error) {
	if c == "" {
		c = ConflictFail
	}
	policy, err := destination.ParsePolicy(string(c))
	if err != nil {
		return 0, &Error{Kind: KindUsage, Reason: ReasonConflictName, Detail: string(c), Err: err}
	}
	return policy, nil
}

// renamed tells of a folder or a symlink that got another name.
func (out *output) renamed(r destination.Renamed) {
	out.tell(RenameEvent{Path: r.Path, Name: r.Name, Taken: r.Taken})
}

func (out *output) ask() destination.AskFunc {
	if out.o.Ask == nil {
		return nil
	}
	return func(ctx context.Context, path string, e files.Entry, info fs.FileInfo) (destination.Policy, error) {
		x := Existing{Path: path, Size: info.Size(), MTime: info.ModTime()}
		x.Dir, x.New.Dir = info.IsDir(), e.Kind == files.KindDir
		x.New.Size, x.New.MTime = e.Size, e.ModTime
		c, err := out.o.Ask(ctx, x)
		if err != nil {
			return 0, err
		}
		if c == ConflictAsk {
			return 0, usage(ReasonConflictAnswer)
		}
		return policyOf(c)
	}
}
