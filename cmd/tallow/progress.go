package main

import (
	"fmt"
	"io"
	"math"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/tallow-transfer/tallow/pkg/tallow"
)

// unknownSize makes a progress bar that shows what came, but no end.
const unknownSize = -1

// maxLeft is the longest time left that says anything; offers can lie.
const maxLeft = 1000 * time.Hour

// newBar makes the line that moves. The text at its end is not the bar's own: its
// rate counts what an earlier transfer has left as if it came now.
func newBar(w io.Writer, total int64) *progressbar.ProgressBar {
	return progressbar.NewOptions64(total,
		progressbar.OptionSetWriter(w),
		progressbar.OptionSetWidth(24),
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
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.moves || s.asking {
		return
	}
	if !known {
		e.Total = 0
	}
	if s.bar == nil {
		switch {
		case !known:
			s.bar = newBar(s.w, unknownSize)
		case e.Total == 0:
			return
		default:
			s.bar = newBar(s.w, e.Total)
		}
	}
	s.shown = true
	s.bar.Describe(progressText(e))
	_ = s.bar.Set64(e.Bytes) // the only failure is that of the screen itself
}

// progressText is what stands beside the bar: 3.0 MB of 12 MB, 1.5 MB/s, 6s left.
func progressText(e tallow.ProgressEvent) string {
	text := bytesText(e.Bytes)
	if e.Total > 0 {
		text += " of " + bytesText(e.Total)
	}
	if e.Rate < 1 {
		return text
	}
	text += ", " + bytesText(int64(e.Rate)) + "/s"
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
