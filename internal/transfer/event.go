package transfer

import (
	"sync/atomic"

	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// Observer is told what happens, from several goroutines, and must not block.
type Observer interface {
	// FileDone: a file is verified and in place.
	FileDone(path string, bytes int64, hash files.Hash)
	// FileFailed: a file or another entry was skipped or failed, and why.
	FileFailed(path string, outcome wire.Outcome, reason string)
	// Paused: data is held back, by either side, or no longer.
	Paused(paused bool)
	// Stalled: nothing was verified for a while, and why.
	Stalled(reason string)
}

// Progress is what a transfer has done so far; it may be read at any time.
type Progress struct {
	Total atomic.Int64 // bytes of the offer
	Bytes atomic.Int64 // bytes verified and written, or there already
	Files atomic.Int64 // files in place
	Limit atomic.Int64 // bytes a second that data keeps to; 0: none
	Sent  [8]atomic.Int64
}

// sentBy is the counter of payload bytes that a kind of lane carried.
func (p *Progress) sentBy(kind wire.Lanes) *atomic.Int64 {
	for i := range p.Sent {
		if kind == 1<<i {
			return &p.Sent[i]
		}
	}
	return &p.Sent[0]
}

// SentBy is the number of payload bytes that a kind of lane carried.
func (p *Progress) SentBy(kind wire.Lanes) int64 { return p.sentBy(kind).Load() }

// SentTotal is the number of payload bytes that all lanes carried.
func (p *Progress) SentTotal() int64 {
	var n int64
	for i := range p.Sent {
		n += p.Sent[i].Load()
	}
	return n
}

// Result is how a transfer ended that was not ended by an error.
type Result struct {
	Files   int64 // in place
	Bytes   int64 // of those files
	Failed  int64 // entries that this side knows to be skipped or failed
	Corrupt int64 // of the failed ones, those whose data failed verification
	Omitted int64 // entries that the sender could not send
}
