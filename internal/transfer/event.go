package transfer

import (
	"sync/atomic"

	"github.com/tallow-transfer/tallow/internal/blockhash"
	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// Observer is told about events of a transfer. Its methods are called by several
// goroutines and must not block.
type Observer interface {
	// FileDone is called when a file is verified and in place.
	FileDone(f Placed)
	// FileFailed is called when a file or another entry was skipped or failed.
	FileFailed(path string, outcome wire.Outcome, reason string)
	// LeftOut is called when the source leaves an entry out on purpose.
	LeftOut(path, reason string)
	// Kept is called when an entry is not taken because it is there already, and the
	// receiver was told to keep what is there.
	Kept(path, reason string)
	// PauseChanged is called when data begins or ceases to be held back, by either
	// side.
	PauseChanged(paused bool)
	// Stalled is called when nothing was verified for a while.
	Stalled(reason StallReason)
}

// Placed is a file that is verified and in place.
type Placed struct {
	Path  string // for the receiver, where it is in the destination
	Name  string // the path as it was sent
	Taken string // the path that it would have if that were not taken; else empty
	Bytes int64
	Hash  files.Hash // its BLAKE3
}

// Progress counts what a transfer has done so far. It may be read at any time.
type Progress struct {
	Total atomic.Int64    // bytes of the offer
	Bytes atomic.Int64    // bytes that are verified and written, or were there already
	There atomic.Int64    // bytes of Bytes that were there already
	Files atomic.Int64    // files in place
	Limit atomic.Int64    // the limit in force, in bytes per second; 0: none
	Sent  [8]atomic.Int64 // payload bytes for each kind of lane; see SentBy

	// InPlace is set once the receiver has everything in place, and only tells the
	// sender. What becomes of the connection then is no loss.
	InPlace atomic.Bool

	// unverified returns how many bytes have arrived of blocks that are not
	// verified yet. It is set by the transfer that counts here.
	unverified atomic.Pointer[func() int64]

	underway underway
}

// Received returns how many bytes are at the receiver, or were there already:
// those of Bytes, and what has arrived of blocks that are not verified yet. It
// shrinks if a lane dies before it has delivered a block.
func (p *Progress) Received() int64 {
	n := p.Bytes.Load()
	if f := p.unverified.Load(); f != nil {
		n += (*f)()
	}
	return n
}

// CountUnverified has unverified say how many bytes have arrived that Bytes does not
// count yet. It comes before the counters are read, for transfers without a session.
func (p *Progress) CountUnverified(unverified func() int64) { p.unverified.Store(&unverified) }

// sentBy returns the counter of payload bytes that one kind of lane carried.
func (p *Progress) sentBy(kind wire.Lanes) *atomic.Int64 {
	for i := range p.Sent {
		if kind == 1<<i {
			return &p.Sent[i]
		}
	}
	return &p.Sent[0]
}

// SentBy returns how many payload bytes one kind of lane carried.
func (p *Progress) SentBy(kind wire.Lanes) int64 { return p.sentBy(kind).Load() }

// SentTotal returns how many payload bytes all lanes carried.
func (p *Progress) SentTotal() int64 {
	var n int64
	for i := range p.Sent {
		n += p.Sent[i].Load()
	}
	return n
}

// without takes an entry that the receiver does not take off the total.
func (p *Progress) without(e files.Entry) {
	if e.Kind == files.KindFile {
		p.Total.Store(max(p.Total.Load()-e.Size, 0)) // the peer may have told any total
	}
}

// report tells the observer of an entry that is not taken.
func report(o Observer, path string, outcome wire.Outcome, reason string) {
	if outcome == wire.OutcomeKept {
		o.Kept(path, reason)
	} else {
		o.FileFailed(path, outcome, reason)
	}
}

// Result sums up a transfer.
type Result struct {
	Files   int64 // files in place
	Bytes   int64 // of these files
	Failed  int64 // entries that were skipped or failed
	Corrupt int64 // of Failed: files whose data failed verification; of a Receive only
	Omitted int64 // entries that the sender could not send
	LeftOut int64 // entries that the sender left out on purpose
	Kept    int64 // entries that the receiver had already and kept, as it was told to

	// Root is the hash over the files in place: of one file its own, else that of a
	// blockhash.FileSet of their paths as they were sent. It is zero if there are none.
	Root files.Hash
}

// place counts a file that is in place.
func (r *Result) place(set *blockhash.FileSet, path string, bytes int64, hash files.Hash) {
	r.Files++
	r.Bytes += bytes
	set.Add(path, hash)
}

// count counts an entry that is not taken.
func (r *Result) count(outcome wire.Outcome) {
	switch outcome {
	case wire.OutcomeKept:
		r.Kept++
		return
	case wire.OutcomeIntegrity:
		r.Corrupt++
	}
	r.Failed++
}
