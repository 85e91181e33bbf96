package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/rivo/uniseg"

	"github.com/tallow-transfer/tallow/pkg/tallow"
)

// bytesText is a number of bytes as people read it, in powers of 1000: 5 bytes,
// 1.2 MB, 27 GB.
func bytesText(n int64) string {
	const units = "kMGTPE"
	if n < 1000 {
		return countText(n, "byte")
	}
	v, unit := float64(n)/1000, 0
	for v >= 999.5 {
		v, unit = v/1000, unit+1
	}
	if v < 9.95 {
		return fmt.Sprintf("%.1f %cB", v, units[unit])
	}
	return fmt.Sprintf("%.0f %cB", v, units[unit])
}

func countText(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

const (
	shownNames = 3  // of the names in a list
	shownCells = 60 // of a name
)

// namesText lists foreign names: the first ones, and how many more there are.
func namesText(names []string) string {
	var shown []string
	for _, name := range names[:min(len(names), shownNames)] {
		shown = append(shown, shorten(printable(name), shownCells))
	}
	if more := len(names) - len(shown); more > 0 {
		shown = append(shown, fmt.Sprintf("%d more", more))
	}
	last := len(shown) - 1
	if last < 1 {
		return strings.Join(shown, "")
	}
	return strings.Join(shown[:last], ", ") + " and " + shown[last]
}

// omittedText says what did not arrive: how much, and the first paths of it.
func omittedText(count int64, one, many string, paths []string) string {
	text := fmt.Sprintf("%d %s", count, many)
	if count == 1 {
		text = "1 " + one
	}
	var shown []string
	for _, p := range paths {
		shown = append(shown, shorten(visible(p), shownCells))
	}
	switch {
	case len(shown) == 0:
		return text
	case count > int64(len(shown)):
		shown = append(shown, "…")
	}
	return text + " (" + strings.Join(shown, ", ") + ")"
}

// shorten cuts a text off where it would take more than so many columns of a
// terminal.
func shorten(text string, columns int) string {
	if cells(text) <= columns {
		return text
	}
	end, taken := 0, 0
	for g := uniseg.NewGraphemes(text); g.Next(); {
		if taken += g.Width(); taken > columns-1 {
			break
		}
		_, end = g.Positions()
	}
	return text[:end] + "…"
}

// sizeText says how much an offer is.
func sizeText(o tallow.Offer) string {
	switch {
	case o.Text:
		return "a text of " + bytesText(o.Bytes)
	case !o.Known && o.Files <= 1:
		return "a stream of unknown size"
	case !o.Known:
		return countText(o.Files, "file") + ", at least " + bytesText(o.Bytes)
	}
	return countText(o.Files, "file") + ", " + bytesText(o.Bytes)
}

// measurable is the least time that says something of a rate.
const measurable = 100 * time.Millisecond

func timeText(d time.Duration) string {
	switch {
	case d < measurable:
		return "less than 0.1 s"
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return d.Round(time.Second).String()
}

// waitText is a time that somebody chose: 10m, 1m30s.
func waitText(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// resultText says how a transfer ended: 3 files, 1.2 MB in 0.4 s (3.0 MB/s, webrtc).
func resultText(r tallow.Result) string {
	text := fmt.Sprintf("%s, %s in %s", countText(r.Files, "file"), bytesText(r.Bytes), timeText(r.Elapsed))
	if r.Bytes == 0 {
		return text // nothing that was transferred has been kept
	}
	var how []string
	if r.Elapsed >= measurable && r.Sent > 0 {
		how = append(how, bytesText(int64(float64(r.Sent)/r.Elapsed.Seconds()))+"/s")
	}
	lanes := make([]tallow.Lane, 0, len(r.Lanes))
	for l := range r.Lanes {
		lanes = append(lanes, l)
	}
	slices.SortFunc(lanes, func(a, b tallow.Lane) int {
		return cmp.Or(cmp.Compare(r.Lanes[b], r.Lanes[a]), cmp.Compare(a, b))
	})
	for _, l := range lanes {
		how = append(how, string(l))
	}
	if len(how) > 0 {
		text += " (" + strings.Join(how, ", ") + ")"
	}
	if there := r.Bytes - r.Sent; there > 0 {
		text += fmt.Sprintf(", %s of it were there already", bytesText(there))
	}
	return text
}

// cause is what a system call failed with, without the call.
func cause(err error) string {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return errno.Error()
	}
	return err.Error()
}
