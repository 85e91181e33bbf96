package main

import (
	"fmt"
	"io"
	"slices"
	"time"
)

// bar is a figure that the relay should reach.
type bar struct {
	what   string
	figure string
	wanted string
	met    bool
	// speed is set if the figure depends on the machine and what else it does.
	speed bool
}

type bars []bar

func (b *bars) add(met, speed bool, what, wanted, format string, args ...any) {
	*b = append(*b, bar{what: what, figure: fmt.Sprintf(format, args...), wanted: wanted, met: met, speed: speed})
}

// print prints the bars and reports whether one was missed that counts.
func (b bars) print(w io.Writer, strict bool) (missed bool) {
	for _, bar := range b {
		status := "met"
		switch {
		case bar.speed && underRace && !strict:
			status = "not judged: the race detector's build"
		case !bar.met:
			status = "NOT MET"
			missed = missed || strict || !bar.speed
		}
		fmt.Fprintf(w, "%-60s %-28s %-16s %s\n", bar.what, bar.figure, bar.wanted, status)
	}
	return missed
}

// p95 returns the duration that 95 % of all do not exceed.
func p95(all []time.Duration) time.Duration {
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return all[(len(all)*95+99)/100-1]
}

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
}
