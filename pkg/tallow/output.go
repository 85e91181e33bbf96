package tallow

import (
	"context"
	"log/slog"
	"time"

	"github.com/tallow-transfer/tallow/internal/descriptors"
	"github.com/tallow-transfer/tallow/internal/stream"
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
	ConflictOverwrite Conflict = "overwrite" // replace it once the new one is verified; not if one of them is a folder
	ConflictSkip      Conflict = "skip"      // keep it
)

// Existing is something that exists where a file, a folder or a symlink is to be
// received. A folder neither replaces anything nor is replaced: where one of the two is
// a folder, ConflictOverwrite skips what is received, as a failure.
type Existing struct {
	Path  string // relative to the output folder
	Size  int64  // of the existing file, in bytes
	MTime time.Time
	Dir   bool     // what exists is a folder
	New   struct { // what is received
		Size  int64
		MTime time.Time
		Dir   bool // it is a folder
	}
}

// maxText is the largest text that is received into memory, in bytes.
const maxText = 1 << 20

// output chooses and holds the destination of a Receive.
type output struct {
	o           ReceiveOptions
	log         *slog.Logger
	descriptors descriptors.Budget
	begun       func(resumable) // called when a destination that can be resumed is ready
	tell        func(Event)

	folder string // of this machine's disk, where it goes to one
	opened files.Destination
	close  func()    // closes opened; what can be resumed stays
	resume resumable // nil if opened cannot be resumed
}

// resumable is a destination that stores what another process of the receiver
// needs to resume.
type resumable interface {
	// Remember stores it beside the files that have arrived.
	Remember(sealed []byte) error
	// Keep keeps it even if no file has arrived.
	Keep()
}

// announced is a destination that calls begun after Begin has succeeded.
type announced struct {
	files.Destination
	resume resumable
	begun  func(resumable)
}

func (a announced) Begin(ctx context.Context, names []string, stored int64) error {
	err := a.Destination.Begin(ctx, names, stored)
	if err == nil {
		a.begun(a.resume)
	}
	return err
}

// announcedStager is announced for a files.Stager.
type announcedStager struct {
	announced
	stager files.Stager
}

func (a announcedStager) Secure(ctx context.Context, verified []files.File) []error {
	return a.stager.Secure(ctx, verified)
}

func (a announcedStager) Place(ctx context.Context, secured []files.File) []error {
	return a.stager.Place(ctx, secured)
}

// announce returns a destination that calls begun after its Begin has succeeded.
func (out *output) announce(d files.Destination, r resumable) files.Destination {
	a := announced{d, r, out.begun}
	if s, ok := d.(files.Stager); ok {
		return announcedStager{a, s}
	}
	return a
}

// open returns the destination for an offer.
func (out *output) open(ctx context.Context, offer wire.Offer) (files.Destination, error) {
	switch {
	case out.o.Destination != nil:
		out.opened = out.o.Destination
		if d, ok := out.o.Destination.(files.Resumable); ok {
			out.opened, out.resume = out.announce(d, d), d
		}
	case out.o.Writer != nil:
		w := stream.NewWriter(out.o.Writer)
		out.opened, out.close = w, func() { _ = w.Close() }
		context.AfterFunc(ctx, out.close) // a write to a pipe may block forever
	case offer.Text && out.o.Output == "":
		out.opened = stream.NewBuffer(maxText)
	default:
		if err := out.openFolder(ctx, offer.Names); err != nil {
			return nil, err
		}
	}
	return out.opened, nil
}

// text returns a text that was received into memory.
func (out *output) text() string {
	buffer, ok := out.opened.(*stream.Buffer)
	if !ok {
		return ""
	}
	return string(buffer.Bytes())
}
