package transfer

import (
	"context"
	"errors"

	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// offer sends the offer and then the manifest, page by page. At most windowPages
// pages are ahead of the peer's answers.
func (s *sender) offer(ctx context.Context) error {
	if s.o.Confirm != nil {
		if err := s.o.Confirm(ctx); err != nil {
			return err
		}
	}
	if err := s.limit.announce(ctx, s.session); err != nil {
		return err
	}
	totals, err := s.source.Count(ctx)
	if err != nil {
		return diskError(ctx, err)
	}
	s.o.Progress.Total.Store(totals.Bytes)
	names := s.source.Names()
	o := wire.Offer{
		Text: s.o.Text, Known: totals.Known, Files: totals.Files, Bytes: totals.Bytes, Stored: totals.Stored,
		Names: names[:min(len(names), wire.MaxOfferNames)],
	}
	s.o.Offered(o)
	if err := s.session.Send(ctx, o.Append(nil)); err != nil {
		return err
	}
	b := pager{sender: s}
	if err := s.source.Walk(ctx, func(it files.Item) error { return b.add(ctx, it) }); err != nil {
		return diskError(ctx, err)
	}
	return b.send(ctx, true)
}

// diskError makes a *DiskError of an error of the source or destination. If ctx has
// ended, the error is only a consequence of that, and its cause is returned.
func diskError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var disk *DiskError
	if errors.As(err, &disk) {
		return err
	}
	return &DiskError{err}
}

// pager collects entries into pages.
type pager struct {
	*sender
	open  wire.Manifest // the page that is being filled
	items []files.Item  // of that page
	bytes int           // the encoded size of its entries
}

// add adds an entry. One that is not sent is counted and reported instead.
func (b *pager) add(ctx context.Context, it files.Item) error {
	var e wire.Entry
	err := it.Err
	if err == nil {
		e, err = toWire(it.Entry)
	}
	if err != nil {
		b.omit(it.Path, err)
		return nil
	}
	if !b.open.Fits(b.bytes, e) {
		if err := b.send(ctx, false); err != nil {
			return err
		}
	}
	b.open.Entries = append(b.open.Entries, e)
	b.items = append(b.items, it)
	b.bytes += e.EncodedLen()
	return nil
}

// omit counts and reports an entry that is not sent.
func (b *pager) omit(path string, err error) {
	if errors.Is(err, files.ErrLeftOut) {
		b.mu.Lock()
		b.result.LeftOut++
		b.mu.Unlock()
		b.o.Observer.LeftOut(path, err.Error())
		return
	}
	b.open.Omitted++
	b.mu.Lock()
	b.result.Omitted++
	b.mu.Unlock()
	b.o.Observer.FileFailed(path, wire.OutcomeUnreadable, err.Error())
}

// send sends the open page and opens the next one.
func (b *pager) send(ctx context.Context, last bool) error {
	b.open.Last = last
	p := &page{first: b.open.First, items: b.items, answered: make(chan struct{}), skips: make(map[uint64]string)}
	b.mu.Lock()
	b.asked[b.open.Page] = p
	b.mu.Unlock()
	select {
	case b.pages <- p:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	if err := b.session.Send(ctx, b.open.Append(nil)); err != nil {
		return err
	}
	b.open = wire.Manifest{Page: b.open.Page + 1, First: b.open.First + uint64(len(b.items))}
	b.items, b.bytes = nil, 0
	if last {
		close(b.pages)
	}
	return nil
}
