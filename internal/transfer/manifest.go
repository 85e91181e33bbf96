package transfer

import (
	"context"
	"errors"

	"github.com/tallow-transfer/tallow/internal/manifest"
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
		Names: names[:min(len(names), wire.MaxOfferNames)], Compresses: s.o.Compress != CompressOff,
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

	omitted      wire.Omitted // what was left out since the page before
	omittedBytes int          // the encoded size of its entries
	named        int          // entries that were named in all pages
}

// maxNamed bounds the entries that the peer is told by name to be left out. More
// of them are only counted.
const maxNamed = 1000

// add adds an entry. One that is not sent is counted and reported instead.
func (b *pager) add(ctx context.Context, it files.Item) error {
	var e wire.Entry
	err := it.Err
	if err == nil {
		e, err = manifest.ToWire(it.Entry)
	}
	if err != nil {
		return b.omit(ctx, it.Path, err)
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

// omit counts an entry that is not sent, and tells both sides.
func (b *pager) omit(ctx context.Context, path string, err error) error {
	e := wire.OmittedEntry{OnPurpose: errors.Is(err, files.ErrLeftOut), Path: path, Reason: manifest.ReasonText(err)}
	if b.named < maxNamed {
		if !b.omitted.Fits(b.omittedBytes, e) {
			if err := b.send(ctx, false); err != nil {
				return err
			}
		}
		b.named++
		b.omitted.Entries = append(b.omitted.Entries, e)
		b.omittedBytes += e.EncodedLen()
	}
	b.mu.Lock()
	if e.OnPurpose {
		b.omitted.LeftOut++
		b.result.LeftOut++
	} else {
		b.open.Omitted++
		b.result.Omitted++
	}
	b.mu.Unlock()
	if e.OnPurpose {
		b.o.Observer.LeftOut(path, err.Error())
	} else {
		b.o.Observer.FileFailed(path, wire.OutcomeUnreadable, err.Error())
	}
	return nil
}

// send sends the open page and opens the next one.
func (b *pager) send(ctx context.Context, last bool) error {
	b.open.Last = last
	p := &page{first: b.open.First, items: b.items, answered: make(chan struct{}), skips: make(map[uint64]wire.Skip)}
	b.mu.Lock()
	b.asked[b.open.Page] = p
	b.mu.Unlock()
	select {
	case b.pages <- p:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	if b.omitted.LeftOut > 0 || len(b.omitted.Entries) > 0 {
		if err := b.session.Send(ctx, b.omitted.Append(nil)); err != nil {
			return err
		}
	}
	if err := b.session.Send(ctx, b.open.Append(nil)); err != nil {
		return err
	}
	b.omitted, b.omittedBytes = wire.Omitted{}, 0
	b.open = wire.Manifest{Page: b.open.Page + 1, First: b.open.First + uint64(len(b.items))}
	b.items, b.bytes = nil, 0
	if last {
		close(b.pages)
	}
	return nil
}
