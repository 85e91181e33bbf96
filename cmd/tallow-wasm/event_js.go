package main

import (
	"errors"

	"github.com/tallow-transfer/tallow/pkg/files"
	"github.com/tallow-transfer/tallow/pkg/tallow"
)

// event tells the page an event of a transfer, with the fields that it has on the
// command line with --json.
func (t *transfer) event(e tallow.Event) {
	switch e := e.(type) {
	case tallow.CodeEvent:
		t.post("code", map[string]any{"code": e.Code, "nameplate": e.Nameplate})
	case tallow.WaitEvent:
		t.post("wait", map[string]any{"reason": string(e.Reason), "nameplate": e.Nameplate, "detail": e.Detail})
	case tallow.PeerEvent:
		t.post("peer", map[string]any{})
	case tallow.NameEvent:
		t.post("name", map[string]any{"name": e.Name})
	case tallow.VerifyEvent:
		t.post("verify", map[string]any{"words": anys(e.Words)})
	case tallow.OfferEvent:
		t.post("offer", map[string]any{
			"files": e.Files, "bytes": e.Bytes, "names": anys(e.Names), "known": e.Known, "text": e.Text, "resuming": e.Resuming,
			"entries": entries(e.Entries), "whole": e.Whole && len(e.Entries) <= maxEntries,
		})
	case tallow.LaneEvent:
		t.post("lane", map[string]any{"lane": string(e.Lane), "up": e.Up, "reason": string(e.Reason)})
	case tallow.ProgressEvent:
		t.post("progress", map[string]any{
			"bytes": e.Bytes, "received": e.Received, "total": e.Total, "files": e.Files, "rate": e.Rate, "underway": underway(e.Underway),
		})
	case tallow.StateEvent:
		t.post("state", map[string]any{"state": string(e.State), "reason": e.Reason})
	case tallow.StallEvent:
		t.post("stall", map[string]any{"reason": string(e.Reason), "attempt": e.Attempt})
	case tallow.FileEvent:
		t.post("file", map[string]any{"path": e.Path, "bytes": e.Bytes, "blake3": e.BLAKE3})
	case tallow.SkipEvent:
		t.post("skip", map[string]any{"path": e.Path, "reason": e.Reason, "left_out": e.LeftOut})
	case tallow.StoredEvent:
		t.post("stored", map[string]any{
			"link": e.Link, "id": e.ID, "expires": e.Expires.UnixMilli(), "downloads": e.Downloads,
		})
	case tallow.EndEvent:
		t.end(e)
	}
}

// maxEntries bounds the entries of an offer that the page gets.
const maxEntries = 1000

// entries are the first of what is offered; a folder has no size.
func entries(first []files.Entry) []any {
	all := make([]any, 0, min(len(first), maxEntries))
	for _, e := range first[:min(len(first), maxEntries)] {
		entry := map[string]any{"path": e.Path}
		if e.Kind == files.KindFile {
			entry["size"] = e.Size
		}
		all = append(all, entry)
	}
	return all
}

func underway(progress []tallow.FileProgress) []any {
	all := make([]any, 0, len(progress))
	for _, f := range progress {
		all = append(all, map[string]any{"path": f.Path, "bytes": f.Bytes, "size": f.Size})
	}
	return all
}

func (t *transfer) end(e tallow.EndEvent) {
	lanes := map[string]any{}
	for lane, n := range e.Result.Lanes {
		lanes[string(lane)] = n
	}
	fields := map[string]any{
		"state": string(e.State), "files": e.Result.Files, "bytes": e.Result.Bytes, "sent": e.Result.Sent,
		"skipped": e.Result.Skipped, "seconds": e.Result.Elapsed.Seconds(), "lanes": lanes,
		"root": e.Result.Root,
	}
	var known *tallow.Error
	if errors.As(e.Err, &known) {
		fields["error"] = map[string]any{
			"kind": string(known.Kind), "reason": string(known.Reason), "sending": known.Sending, "kept": known.Kept,
			"stored": known.Stored, "waiting": known.Waiting, "detail": known.Detail, "words": anys(known.Words), "count": known.Count,
			"files": known.Files, "bytes": known.Bytes, "retry": known.RetryAfter.Seconds(), "path": known.Path,
		}
	}
	t.post("end", fields)
}

func (t *transfer) post(event string, fields map[string]any) {
	fields["event"] = event
	t.worker.post(fields)
}
