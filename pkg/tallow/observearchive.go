package tallow

import (
	"encoding/hex"

	"github.com/tallow-transfer/tallow/internal/archive"
)

// archiveEvents turns the calls of an archive into events. It implements
// archive.Observer.
type archiveEvents struct{ run *transferRun }

// Done tells of a file.
func (e archiveEvents) Done(f archive.Placed) {
	e.run.progress.Files.Add(1)
	e.run.tell(FileEvent{Path: f.Path, Name: f.Name, Taken: f.Taken, Bytes: f.Bytes, BLAKE3: hex.EncodeToString(f.Hash[:])})
}

// Failed tells of an entry that was skipped or failed.
func (e archiveEvents) Failed(path, reason string) { e.run.tell(SkipEvent{Path: path, Reason: reason}) }

// LeftOut tells of an entry that was left out on purpose.
func (e archiveEvents) LeftOut(path, reason string) {
	e.run.tell(SkipEvent{Path: path, Reason: reason, LeftOut: true})
}

// Kept tells of an entry that is there already.
func (e archiveEvents) Kept(path, reason string) {
	e.run.tell(SkipEvent{Path: path, Reason: reason, Kept: true})
}

// Advanced counts bytes.
func (e archiveEvents) Advanced(n int64) { e.run.progress.Bytes.Add(n) }
