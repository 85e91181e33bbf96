package main

import (
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"github.com/rivo/uniseg"
	"github.com/schollz/progressbar/v3"

	"github.com/tallow-transfer/tallow/pkg/tallow"
)

// status is what the progress line tells.
type status struct {
	arrived int64 // bytes, with those of there
	there   int64 // bytes that were there before this transfer
	total   int64 // bytes; 0: unknown
	rate    float64
	lanes   []tallow.Lane
	hold    string // why data is held back, or empty: paused
	keys    string // the keys there are, or empty
}

// The bar has barCells cells where the line has to be short, and grows in terminals
// that are wider than roomyWidth, up to a third of their width.
const (
	barCells   = 8
	roomyWidth = 88
	barParts   = 10_000 // of the whole, which may be any number of bytes
)

// maxLeft is the longest time left that says anything; offers can lie.
const maxLeft = 1000 * time.Hour

// layouts are the forms of the progress line from the one that tells most to the
// one that needs least room. A line has the first form that is narrower than its
// terminal. With the usual figures, that is in terminals of at least so many
// columns:
//
//	77   25% [=>      ]  3.0 MB of 12 MB, 1.5 MB/s by tcp, 6s left — p pause, q quit
//	70   25% [=>      ]  3.0 MB of 12 MB, 1.5 MB/s, 6s left — p pause, q quit
//	60   25% [=>      ]  3.0 MB of 12 MB, 6s left — p pause, q quit
//	51   25% [=>      ]  3.0 MB of 12 MB — p pause, q quit
//	41   25%  3.0 MB of 12 MB, 1.5 MB/s, 6s left
//	31   25%  3.0 MB of 12 MB, 6s left
//	22   25%  3.0 MB of 12 MB
//	13   25%  3.0 MB
//
// A pause, and which keys end it, takes the place of the rate and the time. What was
// there before the transfer began is another cell of the bar: [##=>    ].
func layouts() []func(s status, bar string) string {
	return []func(s status, bar string) string{
		func(s status, bar string) string {
			return bar + s.text(s.amount(), s.speed()+s.by(), s.left()) + s.hint()
		},
		func(s status, bar string) string { return bar + s.text(s.amount(), s.speed(), s.left()) + s.hint() },
		func(s status, bar string) string { return bar + s.text(s.amount(), s.left()) + s.hint() },
		func(s status, bar string) string { return bar + s.text(s.amount()) + s.hint() },
		func(s status, _ string) string { return s.percent() + s.text(s.amount(), s.speed(), s.left()) },
		func(s status, _ string) string { return s.percent() + s.text(s.amount(), s.left()) },
		func(s status, _ string) string { return s.percent() + s.text(s.amount()) },
		func(s status, _ string) string { return s.percent() + s.briefly() },
		func(s status, _ string) string { return strings.TrimSpace(s.percent()) },
	}
}

// line lays the status out for a terminal of so many columns. It leaves the last
// one free, where a terminal may wrap.
func (s status) line(columns int) string {
	bar := s.bar(columns)
	for _, layout := range layouts() {
		if line := layout(s, bar); cells(line) < columns {
			return line
		}
	}
	return ""
}

// cells is how many columns a text takes in a terminal.
func cells(text string) int { return uniseg.StringWidth(text) }

// text joins what is known, with commas.
func (s status) text(parts ...string) string {
	if s.hold != "" {
		parts = []string{parts[0], s.hold}
	}
	var known []string
	for _, p := range parts {
		if p != "" {
			known = append(known, p)
		}
	}
	return strings.Join(known, ", ")
}

// briefly is the one thing to tell where there is room for no more.
func (s status) briefly() string {
	if s.hold != "" {
		return "paused"
	}
	return bytesText(s.arrived)
}

func (s status) hint() string {
	if s.keys == "" {
		return ""
	}
	return " — " + s.keys
}

// done is how much of the whole has arrived, from 0 to 1.
func (s status) done() float64 {
	return min(max(float64(s.arrived)/float64(s.total), 0), 1)
}

// percent is how much of the whole has arrived: " 25%  ". Only the whole is 100%.
func (s status) percent() string {
	if s.total <= 0 {
		return ""
	}
	return fmt.Sprintf("%3d%%  ", int(s.done()*100))
}

// bar is percent with a bar: " 25% [=>      ]  ". Its first cells are another sign for
// what was there before: " 50% [##=>    ]  ".
func (s status) bar(columns int) string {
	if s.total <= 0 {
		return ""
	}
	width := max(barCells, min(columns-roomyWidth, columns/3))
	bar := progressbar.NewOptions(barParts,
		progressbar.OptionSetWriter(io.Discard), // the line is drawn as a whole
		progressbar.OptionSetWidth(width),
		progressbar.OptionSetTheme(progressbar.Theme{Saucer: "=", SaucerHead: ">", SaucerPadding: " ", BarStart: "[", BarEnd: "]"}),
		progressbar.OptionSetPredictTime(false), progressbar.OptionSetElapsedTime(false), progressbar.OptionSetRenderBlankState(true),
	)
	_ = bar.Set(int(s.done() * barParts)) // within its bounds
	text := strings.TrimPrefix(bar.String(), "\r ")
	begun := min(strings.Count(text, "="), s.thereCells(width))
	return strings.Replace(text, strings.Repeat("=", begun), strings.Repeat("#", begun), 1)
}

// thereCells is how many cells of a bar stand for what was there before: one at least,
// if anything was.
func (s status) thereCells(width int) int {
	if s.there <= 0 {
		return 0
	}
	return max(int(min(float64(s.there)/float64(s.total), 1)*float64(width)), 1)
}

// amount is how much is there: 3.0 MB of 12 MB.
func (s status) amount() string {
	if s.total > 0 {
		return bytesText(s.arrived) + " of " + bytesText(s.total)
	}
	return bytesText(s.arrived)
}

// speed is the rate, if anything moves: 1.5 MB/s.
func (s status) speed() string {
	if s.rate < 1 {
		return ""
	}
	return bytesText(int64(s.rate)) + "/s"
}

// by names the lanes that carry, after a speed: " by tcp+webrtc".
func (s status) by() string {
	if s.rate < 1 || len(s.lanes) == 0 {
		return ""
	}
	names := make([]string, len(s.lanes))
	for i, lane := range s.lanes {
		names[i] = string(lane)
	}
	return " by " + strings.Join(names, "+")
}

// left is how long it will take, if that can be known: 6s left.
func (s status) left() string {
	if s.rate < 1 {
		return ""
	}
	seconds := math.Ceil(float64(s.total-s.arrived) / s.rate)
	if seconds <= 0 || seconds >= maxLeft.Seconds() {
		return ""
	}
	return leftText(time.Duration(seconds)*time.Second) + " left"
}

// leftText is a time in two units at most: 6s, 4m41s, 4h26m, 277h.
func leftText(d time.Duration) string {
	switch {
	case d < time.Hour:
		return d.String()
	case d < 100*time.Hour:
		return fmt.Sprintf("%dh%dm", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%dh", int(d.Hours()))
}
