package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/schollz/progressbar/v3"

	"github.com/tallow-transfer/tallow/pkg/tallow"
)

// unknownSize makes a progress bar that shows what came, but no end.
const unknownSize = -1

// barCells is the length of the bar itself, and barWidth with what is around it:
// " 100% [" and "]  ". With 80 columns there is room for the text and the keys.
const (
	barCells = 8
	barWidth = 7 + barCells + 3
)

// maxLeft is the longest time left that says anything; offers can lie.
const maxLeft = 1000 * time.Hour

// newBar makes the line that moves. The text at its end is not the bar's own: its
// rate counts what an earlier transfer has left as if it came now.
func newBar(w io.Writer, total int64) *progressbar.ProgressBar {
	return progressbar.NewOptions64(total,
		progressbar.OptionSetWriter(w),
		progressbar.OptionSetWidth(barCells),
		progressbar.OptionSetPredictTime(false),
		progressbar.OptionSetElapsedTime(false),
		progressbar.OptionShowDescriptionAtLineEnd(),
		progressbar.OptionSetTheme(progressbar.Theme{Saucer: "=", SaucerHead: ">", SaucerPadding: " ", BarStart: "[", BarEnd: "]"}),
		progressbar.OptionSetSpinnerChangeInterval(0), // it turns with each event, and needs no goroutine
		progressbar.OptionClearOnFinish(),
	)
}

// progress shows how far a transfer is. Where known is not set, e has no total.
func (s *screen) progress(e tallow.ProgressEvent, known bool) {
	if s.advance(e, known) {
		s.keys.begin()
	}
}

// advance is progress without the keys; it says whether something is shown.
func (s *screen) advance(e tallow.ProgressEvent, known bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.moves || s.asking {
		return false
	}
	if !known {
		e.Total = 0
	}
	if s.bar == nil {
		switch {
		case !known:
			s.bar = newBar(s.w, unknownSize)
		case e.Total == 0:
			return false
		default:
			s.bar = newBar(s.w, e.Total)
		}
	}
	s.last = e
	s.draw()
	return true
}

// hold notes that data is held back, or no longer, and says whether the progress
// shows it.
func (s *screen) hold(paused bool) (shown bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.paused = paused
	s.stay()
	return s.bar != nil
}

// wish says whether this side holds data back.
func (s *screen) wish(paused bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wished = paused
	s.stay()
}

// stay keeps the progress on the screen while nothing moves it; s.mu is held.
func (s *screen) stay() {
	if s.paused {
		s.redraw()
	}
}

// redraw shows the progress if there is any and no question is open; s.mu is held.
func (s *screen) redraw() {
	if s.bar != nil && !s.asking {
		s.draw()
	}
}

// draw shows the last progress, unless the terminal is the shell's; s.mu is held.
func (s *screen) draw() {
	if s.front != nil && !s.front() {
		s.shown = false // the shell writes there now
		return
	}
	s.shown = true
	text, keys := progressText(s.last, s.carriers), "p pause, q quit"
	switch {
	case s.paused && s.wished:
		text, keys = amountText(s.last)+", paused", "r resume, q quit"
	case s.paused:
		text, keys = amountText(s.last)+", paused by the other side", "q quit"
	}
	if with := text + " — " + keys; s.keys != nil && barWidth+utf8.RuneCountInString(with) < s.width() {
		text = with
	}
	s.bar.Describe(text)
	_ = s.bar.Set64(s.last.Bytes) // the only failure is that of the screen itself
}

// amountText is how much is there: 3.0 MB of 12 MB.
func amountText(e tallow.ProgressEvent) string {
	if e.Total > 0 {
		return bytesText(e.Bytes) + " of " + bytesText(e.Total)
	}
	return bytesText(e.Bytes)
}

// carry notes that a kind of lane carries data now, or no longer does.
func (s *screen) carry(lane tallow.Lane, up bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.carriers = slices.DeleteFunc(s.carriers, func(l tallow.Lane) bool { return l == lane })
	if up {
		s.carriers = append(s.carriers, lane)
	}
}

// progressText is what stands beside the bar: 3.0 MB of 12 MB, 1.5 MB/s by tcp, 6s
// left.
func progressText(e tallow.ProgressEvent, carriers []tallow.Lane) string {
	text := amountText(e)
	if e.Rate < 1 {
		return text
	}
	text += ", " + bytesText(int64(e.Rate)) + "/s"
	for i, lane := range carriers {
		text += []string{" by ", "+"}[min(i, 1)] + string(lane)
	}
	left := math.Ceil(float64(e.Total-e.Bytes) / e.Rate) // seconds
	if left > 0 && left < maxLeft.Seconds() {
		text += fmt.Sprintf(", %v left", time.Duration(left)*time.Second)
	}
	return text
}

// clear takes the progress off the screen; s.mu is held.
func (s *screen) clear() {
	if s.shown {
		_ = s.bar.Clear()
		s.shown = false
	}
}
