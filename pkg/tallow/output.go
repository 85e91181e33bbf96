package tallow

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"github.com/tallow-transfer/tallow/internal/disk/destination"
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
	begun  func(*destination.Folder) // called when the folder is ready
	folder *destination.Folder
	memory *destination.Memory
	writer *destination.Writer
}

// open chooses the destination of an offer.
func (out *output) open(ctx context.Context, offer wire.Offer) (files.Destination, error) {
	switch {
	case out.o.Destination != nil:
		return out.o.Destination, nil
	case out.o.Writer != nil:
		w := destination.NewWriter(out.o.Writer)
		out.writer = w
		context.AfterFunc(ctx, func() { _ = w.Close() }) // a write to a pipe may never end by itself
		return w, nil
	case offer.Text && out.o.Output == "":
		out.memory = destination.NewMemory(maxText)
		return out.memory, nil
	}
	dir, as := place(out.o.Output, offer.Names)
	policy, err := policyOf(out.o.OnConflict)
	if err != nil {
		return nil, err
	}
	folder, err := destination.NewFolder(dir, destination.Options{Policy: policy, Ask: out.ask(), As: as, Logger: out.client.log})
	if err != nil {
		return nil, &transfer.DiskError{Err: err}
	}
	out.folder = folder
	return announcedFolder{folder, out.begun}, nil
}

// announcedFolder is a Folder that says when it has begun.
type announcedFolder struct {
	*destination.Folder
	begun func(*destination.Folder)
}

func (f announcedFolder) Begin(ctx context.Context, names []string, stored int64) error {
	err := f.Folder.Begin(ctx, names, stored)
	if err == nil {
		f.begun(f.Folder)
	}
	return err
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

func (out *output) ask() destination.AskFunc {
	if out.o.Ask == nil {
		return nil
	}
	return func(ctx context.Context, path string, e files.Entry, info os.FileInfo) (destination.Policy, error) {
		x := Existing{Path: path, Size: info.Size(), MTime: info.ModTime()}
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

func (out *output) text() string {
	if out.memory == nil {
		return ""
	}
	return string(out.memory.Bytes())
}

// close leaves the folder, in which stays what can be resumed, or the writer.
func (out *output) close() {
	if out.writer != nil {
		_ = out.writer.Close()
	}
	if out.folder != nil {
		_ = out.folder.Close()
	}
}
