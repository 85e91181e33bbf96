package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/tallow-transfer/tallow/internal/history"
)

func newHistoryShow(p *program) *cobra.Command {
	return &cobra.Command{
		Use:               "show ID",
		Short:             "Show all that is known of one transfer",
		Example:           "  tallow history show 12",
		Args:              oneArgument("transfer by its number", "tallow history show 12"),
		ValidArgsFunction: noCompletion,
		RunE: func(cmd *cobra.Command, args []string) error {
			e, err := p.entry(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			if p.json {
				return p.writeEvent(historyEvent(e))
			}
			return p.table(func(w io.Writer) { details(w, e) })
		},
	}
}

// show prints a list of entries.
func (p *program) show(entries []history.Entry, more bool) error {
	if p.json {
		enc := newEncoder(p.events(), nil)
		for _, e := range entries {
			enc.write(historyEvent(e))
		}
		return enc.failure()
	}
	if len(entries) == 0 {
		newScreen(p).say("There is no such transfer in the history.")
		return nil
	}
	err := p.table(func(w io.Writer) {
		fmt.Fprintln(w, "ID\tWHEN\tWHAT\tSIZE\tSTATE\tWITH\tLANES")
		for _, e := range entries {
			fmt.Fprintf(w, "%d\t%s\t%s %s\t%s\t%s\t%s\t%s\n", e.ID, e.Started.Format("2006-01-02 15:04"), directionText(e.Direction), whatText(e),
				entrySize(e), stateText(e.State), peerText(e), strings.Join(laneNames(e), "+"))
		}
	})
	if err == nil && more {
		newScreen(p).say("There are more; --limit 0 lists all.")
	}
	return err
}

// table prints columns to stdout.
func (p *program) table(rows func(io.Writer)) error {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 8, 2, ' ', 0)
	rows(w)
	_ = w.Flush() // a Builder takes everything
	for line := range strings.Lines(b.String()) {
		if _, err := fmt.Fprintln(p.stdout, strings.TrimRight(line, " \n")); err != nil {
			return brokenOutput(err)
		}
	}
	return nil
}

// details prints one entry.
func details(w io.Writer, e history.Entry) {
	row := func(name, text string) {
		if text != "" {
			fmt.Fprintf(w, "%s\t%s\n", name, printable(text))
		}
	}
	row("transfer", fmt.Sprint(e.ID))
	row("direction", directionText(e.Direction))
	row("state", stateText(e.State))
	row("reason", e.Outcome.Reason)
	row("started", e.Started.Format(time.DateTime))
	if !e.Ended.IsZero() {
		row("ended", e.Ended.Format(time.DateTime))
	}
	if e.Text {
		row("what", "a text")
	}
	for _, name := range e.Names {
		row("name", visible(name))
	}
	for _, path := range e.Paths {
		row("path", visible(path))
	}
	row("folder", visible(e.Folder))
	row("size", entrySize(e)+", "+countText(e.Outcome.Files, "file"))
	if e.Outcome.Elapsed > 0 {
		row("took", timeText(e.Outcome.Elapsed))
	}
	if e.Outcome.Skipped > 0 {
		row("skipped", fmt.Sprint(e.Outcome.Skipped))
	}
	if e.Peer != "" {
		row("peer", strconv.Quote(e.Peer)+", as it calls itself")
	}
	row("address", e.Address)
	row("relay", relayText(e))
	for _, lane := range laneNames(e) {
		row("lane", lane+", "+bytesText(e.Outcome.Lanes[lane]))
	}
}

// whatText is what was transferred.
func whatText(e history.Entry) string {
	switch {
	case e.Text:
		return "a text"
	case len(e.Names) == 0:
		return "-" // no offer came
	}
	names := make([]string, len(e.Names))
	for i, name := range e.Names {
		names[i] = visible(name)
	}
	return namesText(names)
}

func directionText(d history.Direction) string {
	if d == history.Sent {
		return "sent"
	}
	return "received"
}

func stateText(s history.State) string {
	if s == history.Running {
		return "under way"
	}
	return string(s)
}

func entrySize(e history.Entry) string { return bytesText(e.Outcome.Bytes) }

// peerText is the name that the peer gave itself, or else its address, or else where
// the two met.
func peerText(e history.Entry) string {
	return shorten(printable(cmp.Or(e.Peer, e.Address, relayText(e))), shownCells)
}

func relayText(e history.Entry) string {
	if e.Relay == "" {
		return "this network"
	}
	return e.Relay
}

// laneNames are the lanes that carried something, in the order of their names.
func laneNames(e history.Entry) []string {
	return slices.Sorted(maps.Keys(e.Outcome.Lanes))
}

// historyEvent is an entry as an event of --json.
func historyEvent(e history.Entry) any {
	list := func(s []string) []string {
		if s == nil {
			return []string{}
		}
		return s
	}
	lanes := e.Outcome.Lanes
	if lanes == nil {
		lanes = map[string]int64{}
	}
	ended := ""
	if !e.Ended.IsZero() {
		ended = e.Ended.UTC().Format(time.RFC3339)
	}
	return struct {
		Event     string           `json:"event"`
		ID        int64            `json:"id"`
		Started   string           `json:"started"`
		Ended     string           `json:"ended"`
		Direction string           `json:"direction"`
		State     string           `json:"state"`
		Text      bool             `json:"text"`
		Names     []string         `json:"names"`
		Paths     []string         `json:"paths"`
		Folder    string           `json:"folder"`
		Peer      string           `json:"peer"`
		Address   string           `json:"address"`
		Relay     string           `json:"relay"`
		Files     int64            `json:"files"`
		Bytes     int64            `json:"bytes"`
		Sent      int64            `json:"sent"`
		Skipped   int64            `json:"skipped"`
		Seconds   float64          `json:"seconds"`
		Lanes     map[string]int64 `json:"lanes"`
		Kind      string           `json:"kind"`
		Reason    string           `json:"reason"`
	}{
		"history", e.ID, e.Started.UTC().Format(time.RFC3339), ended, string(e.Direction), string(e.State), e.Text,
		list(e.Names), list(e.Paths), e.Folder, e.Peer, e.Address, e.Relay, e.Outcome.Files, e.Outcome.Bytes, e.Outcome.Sent,
		e.Outcome.Skipped, e.Outcome.Elapsed.Seconds(), lanes, e.Outcome.Kind, e.Outcome.Reason,
	}
}
