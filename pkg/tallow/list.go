package tallow

import (
	"context"
	"errors"

	"github.com/tallow-transfer/tallow/pkg/files"
)

// ListItem is one entry of what a Send sends, or does not.
type ListItem struct {
	Path    string
	Kind    files.Kind // 0 if it is not known
	Bytes   int64      // of a file
	Reason  string     // why it is not sent; else empty
	LeftOut bool       // on purpose, as the options say; this is no failure
}

// Listing adds up what a Send sends.
type Listing struct {
	Files   int64 // files and streams
	Bytes   int64 // of the files
	Known   bool  // false if there is a stream, whose bytes are not counted
	LeftOut int64 // entries that are left out on purpose; what is in a folder counts with it
	Skipped int64 // entries that cannot be sent
}

// List calls yield for every entry that Send with the same options sends or leaves out,
// a folder before what is in it. It contacts nobody, and reads no content but that of
// files of the system whose size says nothing. After the last entry it returns the error
// with which Send would end before there is a code. Errors are of type *Error; an error
// of yield ends the list, and is their Err.
func (c *Client) List(ctx context.Context, o SendOptions, yield func(ListItem) error) (Listing, error) {
	sum, err := c.list(ctx, o, yield)
	if err != nil {
		e := explain(ctx, err)
		e.Sending = true
		return sum, e
	}
	return sum, nil
}

// lister is a source that can tell what its filters leave out.
type lister interface {
	List(ctx context.Context, yield func(files.Item) error) error
}

func (c *Client) list(ctx context.Context, o SendOptions, yield func(ListItem) error) (Listing, error) {
	sum := Listing{Known: true}
	source, err := o.source(ctx, c.descriptors)
	if err != nil {
		return sum, err
	}
	defer source.Close()
	walk := source.Walk
	if l, ok := source.(lister); ok {
		walk = l.List
	}
	if err := walk(ctx, func(it files.Item) error { return yield(sum.add(it)) }); err != nil {
		return sum, err
	}
	if c, ok := source.(checker); ok {
		return sum, c.Check(ctx)
	}
	return sum, nil
}

// add counts an entry and returns what is to be told of it.
func (l *Listing) add(it files.Item) ListItem {
	item := ListItem{Path: it.Path, Kind: it.Kind, Bytes: it.Size}
	switch {
	case errors.Is(it.Err, files.ErrLeftOut):
		l.LeftOut++
		item.LeftOut = true
	case it.Err != nil:
		l.Skipped++
	case it.Kind == files.KindFile:
		l.Files++
		l.Bytes += it.Size
	case it.Kind == files.KindStream:
		l.Files++
		l.Known = false
	}
	if it.Err != nil {
		item.Reason = it.Err.Error()
	}
	return item
}
