package main

import (
	"context"
	"fmt"

	"github.com/tallow-transfer/tallow/pkg/files"
	"github.com/tallow-transfer/tallow/pkg/tallow"
)

// dryRun lists on stdout what a send with these options would send, and tells on stderr
// what it would leave out and why.
func (p *program) dryRun(ctx context.Context, client *tallow.Client, o tallow.SendOptions) error {
	show, total := p.showListed, p.showListing
	if p.json {
		e := newEncoder(p.stdout, nil)
		show = func(it tallow.ListItem) error { e.listed(it); return e.failure() }
		total = func(l tallow.Listing) error { e.listing(l); return e.failure() }
	}
	sum, err := client.List(ctx, o, show)
	if told := total(sum); told != nil {
		return told
	}
	return err
}

// showListed shows an entry to people.
func (p *program) showListed(it tallow.ListItem) error {
	path := visible(it.Path)
	if it.Kind == files.KindDir {
		path += "/"
	}
	switch {
	case it.Reason != "" && p.quiet:
		return nil
	case it.LeftOut:
		fmt.Fprintf(p.stderr, "Left out %s: %s\n", path, printable(it.Reason))
		return nil
	case it.Reason != "":
		fmt.Fprintf(p.stderr, "Skipped %s: %s\n", path, printable(it.Reason))
		return nil
	}
	size := ""
	if it.Kind == files.KindFile {
		size = bytesText(it.Bytes)
	}
	if _, err := fmt.Fprintf(p.stdout, "%10s  %s\n", size, path); err != nil {
		return brokenOutput(err)
	}
	return nil
}

// showListing shows the sum to people.
func (p *program) showListing(l tallow.Listing) error {
	if p.quiet {
		return nil
	}
	text := countText(l.Files, "file")
	if l.Bytes > 0 || l.Known {
		text += ", " + bytesText(l.Bytes)
	}
	if !l.Known {
		text += " and a stream of unknown size"
	}
	fmt.Fprintf(p.stderr, "Would send %s\n", text)
	if l.LeftOut > 0 {
		fmt.Fprintf(p.stderr, "Left out on purpose: %s\n", omittedText(l.LeftOut, "entry", "entries", nil))
	}
	if l.Skipped > 0 {
		fmt.Fprintf(p.stderr, "Cannot be sent: %s\n", omittedText(l.Skipped, "entry", "entries", nil))
	}
	return nil
}

// listed writes an entry as an event.
func (e *encoder) listed(it tallow.ListItem) {
	if it.Reason != "" {
		e.event(tallow.SkipEvent{Path: it.Path, Reason: it.Reason, LeftOut: it.LeftOut})
		return
	}
	e.write(struct {
		Event string `json:"event"`
		Path  string `json:"path"`
		Kind  string `json:"kind"`
		Bytes int64  `json:"bytes"`
	}{"entry", it.Path, it.Kind.String(), it.Bytes})
}

// listing writes the sum as an event.
func (e *encoder) listing(l tallow.Listing) {
	e.write(struct {
		Event   string `json:"event"`
		Files   int64  `json:"files"`
		Bytes   int64  `json:"bytes"`
		Known   bool   `json:"known"`
		LeftOut int64  `json:"left_out"`
		Skipped int64  `json:"skipped"`
	}{"total", l.Files, l.Bytes, l.Known, l.LeftOut, l.Skipped})
}
