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
	ConflictOverwrite Conflict = "overwrite" // replace it once the new one is verified
	ConflictSkip      Conflict = "skip"      // keep it
)

// Existing is a file that exists where one is to be received.
type Existing struct {
	Path  string // relative to the output folder
	Size  int64  // of the existing file, in bytes
	MTime time.Time
	New   struct { // the file that is received
		Size  int64
		MTime time.Time
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

// open returns the destination for an offer.
func (out *output) open(ctx context.Context, offer wire.Offer) (files.Destination, error) {
	switch {
	case out.o.Destination != nil:
		out.opened = out.o.Destination
		if d, ok := out.o.Destination.(files.Resumable); ok {
			out.opened, out.resume = announced{d, d, out.begun}, d
		}
	case out.o.Writer != nil:
		w := stream.NewWriter(out.o.Writer)
		out.opened, out.close = w, func() { _ = w.Close() }
		context.AfterFunc(ctx, out.close) // a write to a pipe may block forever
	case offer.Text && out.o.Output == "":
		out.opened = stream.NewBuffer(maxText)
	default:
		if err := out.openFolder(offer.Names); err != nil {
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
