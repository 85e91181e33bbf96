package transfer

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/tallow-transfer/tallow/internal/blockhash"
	"github.com/tallow-transfer/tallow/internal/manifest"
	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// incoming is a file that is being received, until it is settled.
type incoming struct {
	number uint64
	entry  files.Entry
	file   files.File
	have   map[uint32]files.Block // blocks that were there before

	mu      sync.Mutex
	tree    blockhash.Tree
	claimed map[uint32]struct{} // blocks that are written or being written
	count   uint32              // blocks that are verified and written
	bytes   int64               // of these
	end     *wire.FileEnd       // once the sender has told
	settled bool                // passed to commit, or failed
}

// confirm lets people compare words, from the beginning: the sender may offer nothing
// before those at both ends have done so.
func (r *receiver) confirm(ctx context.Context) error {
	if r.o.Confirm != nil {
		if err := r.o.Confirm(ctx); err != nil {
			return err
		}
	}
	close(r.confirmed)
	return nil
}

// prepare waits for the offer and for the decision about it, and then prepares the
// entries page by page.
func (r *receiver) prepare(ctx context.Context) error {
	var offer wire.Offer
	select {
	case offer = <-r.offers:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	select {
	case <-r.confirmed:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	r.o.Progress.Total.Store(offer.Bytes)
	first, err := r.preview(ctx)
	if err != nil {
		return err
	}
	dest, err := r.o.Decide(ctx, offer)
	if err != nil {
		return err
	}
	if err := dest.Begin(ctx, offer.Names, offer.Stored); err != nil {
		return diskError(ctx, err)
	}
	r.dest = dest
	r.mu.Lock()
	r.accepted = true
	r.mu.Unlock()
	if err := r.limit.announce(ctx, r.session); err != nil {
		return err
	}
	r.expands.Store(offer.Compresses)
	if err := r.session.Send(ctx, wire.Accept{Keeps: r.o.Keeps != nil && r.o.Keeps(), Expands: offer.Compresses}.Append(nil)); err != nil {
		return err
	}
	return r.preparePages(ctx, first)
}

// preparePages prepares all pages. The first is given if it has been taken already.
func (r *receiver) preparePages(ctx context.Context, p *announced) error {
	for {
		if p == nil {
			select {
			case next := <-r.pages:
				p = &next
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
		if err := r.preparePage(ctx, *p); err != nil {
			return err
		}
		if p.Last {
			r.settles.notify() // commit may have nothing left to wait for
			return nil
		}
		p = nil
	}
}

// preparePage prepares the entries of a page and answers it.
func (r *receiver) preparePage(ctx context.Context, p announced) error {
	r.tellOmitted(p.omitted)
	want := wire.Want{Page: p.Page}
	for i, entry := range p.Entries {
		e := manifest.FromWire(entry)
		number := p.First + uint64(i)
		refusal, err := r.prepareEntry(ctx, number, e)
		if err != nil {
			return err
		}
		if refusal != nil {
			outcome := outcomeOf(refusal)
			want.Skips = append(want.Skips, wire.Skip{File: number, Kept: outcome == wire.OutcomeKept, Reason: refusal.Brief()})
			r.o.Progress.without(e)
			r.failed(e.Path, outcome, refusal.Why())
		}
	}
	r.mu.Lock()
	r.prepared = p.First + uint64(len(p.Entries))
	r.lastPage = p.Last
	r.result.Omitted += int64(p.Omitted)
	r.result.LeftOut += int64(p.omitted.LeftOut)
	r.mu.Unlock()
	return r.session.Send(ctx, want.Append(nil))
}

// outcomeOf returns what becomes of an entry that the destination refuses.
func outcomeOf(refusal files.Refusal) wire.Outcome {
	if errors.Is(refusal, files.ErrKept) {
		return wire.OutcomeKept
	}
	return wire.OutcomeSkipped
}

// failed counts and reports an entry that is not taken.
func (r *receiver) failed(path string, outcome wire.Outcome, reason string) {
	r.mu.Lock()
	r.result.count(outcome)
	r.mu.Unlock()
	report(r.o.Observer, path, outcome, reason)
}

// tellOmitted tells what the sender left out.
func (r *receiver) tellOmitted(o wire.Omitted) {
	for _, e := range o.Entries {
		reason := "on the sending side: " + e.Reason
		if e.OnPurpose {
			r.o.Observer.LeftOut(e.Path, reason)
		} else {
			r.o.Observer.FileFailed(e.Path, wire.OutcomeUnreadable, reason)
		}
	}
}

// maxUnsettled bounds the files that are wanted and not settled. An honest sender
// has at most windowFiles of them in flight, and windowPages of them announced.
const maxUnsettled = windowFiles + (windowPages+2)*wire.MaxPageEntries

// prepareEntry prepares one entry. The first result is not nil if the destination
// refuses it.
func (r *receiver) prepareEntry(ctx context.Context, number uint64, e files.Entry) (files.Refusal, error) {
	if err := r.admit(e.Size); err != nil {
		return nil, err
	}
	file, err := r.dest.Prepare(ctx, number, e)
	var refusal files.Refusal
	switch {
	case errors.As(err, &refusal):
		return refusal, nil
	case err != nil:
		return nil, diskError(ctx, err)
	case file == nil:
		return nil, nil
	}
	in := &incoming{number: number, entry: e, file: file, claimed: make(map[uint32]struct{})}
	if in.have, err = file.Have(ctx); err != nil {
		return nil, diskError(ctx, err)
	}
	if err := r.sendHave(ctx, in); err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.files) >= maxUnsettled {
		return nil, protocol("more than %d files are announced and not sent", maxUnsettled)
	}
	r.files[number] = in
	return nil, nil
}

// sendHave tells the sender which blocks of a file are there already.
func (r *receiver) sendHave(ctx context.Context, in *incoming) error {
	indexes := make([]uint32, 0, len(in.have))
	for i := range in.have {
		if i < wire.Blocks(in.entry.Size) {
			indexes = append(indexes, i)
		}
	}
	slices.Sort(indexes)
	for len(indexes) > 0 {
		h := wire.Have{File: in.number, First: indexes[0]}
		for len(indexes) > 0 && indexes[0] == h.First+uint32(len(h.Hashes)) && len(h.Hashes) < wire.MaxHaveBlocks {
			h.Hashes = append(h.Hashes, in.have[indexes[0]].Hash)
			indexes = indexes[1:]
		}
		if err := r.session.Send(ctx, h.Append(nil)); err != nil {
			return err
		}
	}
	return nil
}

// lookup returns the file with a number, nil if it is settled already. A number
// that was never announced is an error.
func (r *receiver) lookup(number uint64) (*incoming, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if in := r.files[number]; in != nil {
		return in, nil
	}
	if number >= r.prepared {
		return nil, protocol("file %d, which was not asked for", number)
	}
	return nil, nil
}
