package tallow

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"github.com/tallow-transfer/tallow/internal/disk"
	"github.com/tallow-transfer/tallow/internal/transfer"
	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// Conflict says what to do with a file that exists already.
type Conflict string

// What can be done with a file that exists.
const (
	ConflictFail      Conflict = "fail"      // end the transfer; the default
	ConflictAsk       Conflict = "ask"       // ask ReceiveOptions.Ask
	ConflictRename    Conflict = "rename"    // keep both: "name (1).ext"
	ConflictOverwrite Conflict = "overwrite" // replace it once the new one is verified
	ConflictSkip      Conflict = "skip"      // keep it
)

// Existing is a file in the way of one that is received.
type Existing struct {
	Path  string // relative to the output folder
	Size  int64  // of the file that is there, in bytes
	MTime time.Time
	New   struct { // the file that is received
		Size  int64
		MTime time.Time
	}
}

// maxText bounds a text that is received into memory, in bytes.
const maxText = 1 << 20

// output is where a Receive goes, once the offer is known.
type output struct {
	client *Client
	o      ReceiveOptions
	begun  func(*disk.Folder) // called when the folder is ready
	folder *disk.Folder
	memory *disk.Memory
}

// open chooses the destination of an offer.
func (out *output) open(ctx context.Context, offer wire.Offer) (files.Destination, error) {
	switch {
	case out.o.Destination != nil:
		return out.o.Destination, nil
	case out.o.Writer != nil:
		w := disk.NewWriter(out.o.Writer)
		context.AfterFunc(ctx, func() { _ = w.Close() }) // a write to a pipe may never end by itself
		return newDestination(w), nil
	case offer.Text && out.o.Output == "":
		out.memory = disk.NewMemory(maxText)
		return newDestination(out.memory), nil
	}
	dir, as := place(out.o.Output, offer.Names)
	policy, err := policyOf(out.o.OnConflict)
	if err != nil {
		return nil, err
	}
	folder, err := disk.NewFolder(dir, disk.Options{Policy: policy, Ask: out.ask(), As: as, Logger: out.client.log})
	if err != nil {
		return nil, &transfer.DiskError{Err: err}
	}
	out.folder = folder
	return toFolder{toDisk{folder}, func() { out.begun(folder) }}, nil
}

// place splits an output path into a folder and, if it is not one, the name
// that the single thing received gets in it.
func place(path string, names []string) (dir, as string) {
	if path == "" {
		return ".", ""
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() || os.IsPathSeparator(path[len(path)-1]) || len(names) != 1 {
		return path, ""
	}
	return filepath.Dir(path), filepath.Base(path)
}

func policyOf(c Conflict) (disk.Policy, error) {
	if c == "" {
		c = ConflictFail
	}
	policy, err := disk.ParsePolicy(string(c))
	if err != nil {
		return 0, &Error{Kind: KindUsage, Reason: ReasonConflictName, Detail: string(c), Err: err}
	}
	return policy, nil
}

func (out *output) ask() func(context.Context, string, wire.Entry, os.FileInfo) (disk.Policy, error) {
	if out.o.Ask == nil {
		return nil
	}
	return func(ctx context.Context, path string, e wire.Entry, info os.FileInfo) (disk.Policy, error) {
		x := Existing{Path: path, Size: info.Size(), MTime: info.ModTime()}
		x.New.Size, x.New.MTime = e.Size, time.Unix(0, e.MTime)
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

func (out *output) text() string {
	if out.memory == nil {
		return ""
	}
	return string(out.memory.Bytes())
}

// close leaves the folder; what can be resumed stays in it.
func (out *output) close() {
	if out.folder != nil {
		_ = out.folder.Close()
	}
}
