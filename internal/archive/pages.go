package archive

import (
	"context"
	"errors"

	"github.com/tallow-transfer/tallow/internal/manifest"
	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// maxNamed bounds the entries that are named as left out. More are only counted.
const maxNamed = 1000

// pages collects the entries of a source into pages, and calls flush with each.
type pages struct {
	omitted func(path string, err error) // may be nil
	flush   func(ctx context.Context, p *page) error

	open         page
	bytes        int // the encoded size of its entries
	omittedBytes int
	named        int
}

// page is a page of the manifest and what belongs to it.
type page struct {
	wire.Manifest
	items   []files.Item
	omitted wire.Omitted
}

// walk collects all entries of a source.
func (p *pages) walk(ctx context.Context, source files.Source) error {
	if err := source.Walk(ctx, func(it files.Item) error { return p.add(ctx, it) }); err != nil {
		return err
	}
	return p.next(ctx, true)
}

// add adds an entry, or counts one that is left out.
func (p *pages) add(ctx context.Context, it files.Item) error {
	var e wire.Entry
	err := it.Err
	if err == nil {
		e, err = manifest.ToWire(it.Entry)
	}
	if err != nil {
		return p.omit(ctx, it.Path, err)
	}
	if !p.open.Fits(p.bytes, e) {
		if err := p.next(ctx, false); err != nil {
			return err
		}
	}
	p.open.Entries = append(p.open.Entries, e)
	p.open.items = append(p.open.items, it)
	p.bytes += e.EncodedLen()
	return nil
}

// omit counts an entry that is left out.
func (p *pages) omit(ctx context.Context, path string, err error) error {
	e := wire.OmittedEntry{OnPurpose: errors.Is(err, files.ErrLeftOut), Path: path, Reason: manifest.ReasonText(err)}
	if p.named < maxNamed {
		if !p.open.omitted.Fits(p.omittedBytes, e) {
			if err := p.next(ctx, false); err != nil {
				return err
			}
		}
		p.named++
		p.open.omitted.Entries = append(p.open.omitted.Entries, e)
		p.omittedBytes += e.EncodedLen()
	}
	if e.OnPurpose {
		p.open.omitted.LeftOut++
	} else {
		p.open.Omitted++
	}
	if p.omitted != nil {
		p.omitted(path, err)
	}
	return nil
}

// next flushes the open page and opens another one.
func (p *pages) next(ctx context.Context, last bool) error {
	p.open.Last = last
	if err := p.flush(ctx, &p.open); err != nil {
		return err
	}
	p.open = page{Manifest: wire.Manifest{Page: p.open.Page + 1, First: p.open.First + uint64(len(p.open.items))}}
	p.bytes, p.omittedBytes = 0, 0
	return nil
}

// head returns what is written of a page before the contents of its files.
func (p *page) head() []byte {
	var b []byte
	if p.omitted.LeftOut > 0 || len(p.omitted.Entries) > 0 {
		b = appendFrame(b, p.omitted.Append(nil))
	}
	return appendFrame(b, p.Append(nil))
}

// appendFrame appends a message with its length.
func appendFrame(b, message []byte) []byte {
	b = append(b, byte(len(message)>>8), byte(len(message)))
	return append(b, message...)
}
