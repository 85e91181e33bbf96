package main

import (
	"io"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/tallow-transfer/tallow/pkg/tallow"
)

// unknownSize makes a progress bar that shows what came, but no end.
const unknownSize = -1

// newBar makes the line that shows bytes, rate and time left.
func newBar(w io.Writer, total int64) *progressbar.ProgressBar {
	return progressbar.NewOptions64(total,
		progressbar.OptionSetWriter(w),
		progressbar.OptionShowBytes(true),
		progressbar.OptionShowCount(),
		progressbar.OptionSetPredictTime(true),
		progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionSetTheme(progressbar.Theme{Saucer: "=", SaucerHead: ">", SaucerPadding: " ", BarStart: "[", BarEnd: "]"}),
		progressbar.OptionSpinnerType(9),
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
	if s.bar == nil {
		total := e.Total
		if !known {
			total = unknownSize
		}
		if total == 0 {
			return
		}
		s.bar = newBar(s.w, total)
	}
	_ = s.bar.Set64(e.Bytes) // the only failure is that of the screen itself
}

// clear takes the progress off the screen; s.mu is held.
func (s *screen) clear() {
	if s.bar != nil {
		_ = s.bar.Clear()
	}
}
