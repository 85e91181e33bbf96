package main

import (
	"fmt"
	"slices"
)

// bar is a figure that tallow should reach. All are ratios of two figures of the
// same run of the benchmark, except for latency and memory.
type bar struct {
	What     string  `json:"what"`
	Wanted   float64 `json:"wanted"`
	AtMost   bool    `json:"at_most"` // else at least
	Unit     string  `json:"unit"`
	Measured float64 `json:"measured"`
	Status   string  `json:"status"` // met, not met or not measured
	Note     string  `json:"note,omitempty"`
}

// The status of a bar.
const (
	barMet    = "met"
	barMissed = "not met"
	barOpen   = "not measured"
)

// megabyte is the unit of the bars and the table.
const megabyte = 1e6

// figures are results that can be looked up by case and tool.
type figures []*result

// find returns a result that has figures, or nil. Over a link it is an ordinary
// user's, if there is one.
func (f figures) find(of, with string) (found *result) {
	for _, r := range f {
		if r.Case == of && r.Tool == with && r.Status == statusMeasured && len(r.Runs) > 0 && (found == nil || r.As == asUser) {
			found = r
		}
	}
	return found
}

// bars compares results with what tallow should reach. Bars of times over a link are
// for payloads of full size.
func bars(results []*result, full sizes) []bar {
	f := figures(results)
	all := []bar{
		f.faster("1 file: tallow-tcp to scp", caseFile, toolTCP, toolSCP, 2.5),
		f.faster("1 file: tallow-tcp to raw", caseFile, toolTCP, toolRaw, 0.55),
		f.faster("1 file: tallow-relay to scp", caseFile, toolRelay, toolSCP, 1.5),
		f.faster("1 file: tallow-webrtc to one default data channel", caseFile, toolWebRTC, toolChannel, 1.5),
		f.slower("small files: time of tallow to rsync's", caseSmall, toolTallow, toolRsync, 1),
		f.slower("small files: time of tallow-tcp to rsync's", caseSmall, toolTCP, toolRsync, 0.91),
		f.latency("1 byte: the receiver's time", toolTallow),
		f.latency("1 byte without a relay: the receiver's time", toolNearby),
		f.share("200 Mbit/s, 50 ms: tallow-webrtc, of the link", caseLong, toolWebRTC, 0.85),
		f.share("the same, 0.1 % loss: tallow, of the link", caseLossy, toolTallow, 0.90),
		f.share("the same, 0.1 % loss: tallow-webrtc, of the link", caseLossy, toolWebRTC, 0.90),
		f.within("the same, 0.1 % loss: tallow", caseLossy, toolTallow, full.lossy, 5.3),
		f.within("the same, 0.1 % loss: tallow-webrtc", caseLossy, toolWebRTC, full.lossy, 5.3),
		f.share("100 Mbit/s, 100 ms, 0.5 % loss: tallow, of the link", caseFarLoss, toolTallow, 0.85),
		f.share("100 Mbit/s, 100 ms, 0.5 % loss: tallow-webrtc, of the link", caseFarLoss, toolWebRTC, 0.85),
		f.within("100 Mbit/s, 100 ms, 0.5 % loss: tallow", caseFarLoss, toolTallow, full.lossy/2, 6.2),
		f.within("100 Mbit/s, 100 ms, 0.5 % loss: tallow-webrtc", caseFarLoss, toolWebRTC, full.lossy/2, 6.2),
		f.share("50 Mbit/s, 200 ms, 2 % loss: tallow, of the link", caseMost, toolTallow, 0.70),
		f.within("50 Mbit/s, 200 ms, 2 % loss: tallow", caseMost, toolTallow, full.lossy/lossyParts, 7),
		f.fair("beside a CUBIC flow: least that tallow takes", caseBeside, 0.25, false),
		f.fair("beside a CUBIC flow: most that tallow takes", caseBeside, 0.75, true),
		f.fair("the same, twice the queue: least that tallow takes", caseBesideDeep, 0.25, false),
		f.fair("the same, twice the queue: most that tallow takes", caseBesideDeep, 0.75, true),
		f.memory(),
	}
	for _, of := range []string{caseFile, caseSmall, caseLong, caseLossy, caseFarLoss, caseMost, caseShallow, caseUneven} {
		all = append(all, f.bestLane(of))
	}
	return all
}

// withValue returns the bar with a measured value.
func (b bar) withValue(measured float64, note string) bar {
	b.Measured, b.Note, b.Status = measured, note, barMissed
	if b.AtMost && measured <= b.Wanted || !b.AtMost && measured >= b.Wanted {
		b.Status = barMet
	}
	return b
}

// faster compares rates.
func (f figures) faster(what, of, a, b string, wanted float64) bar {
	open := bar{What: what, Wanted: wanted, Unit: "x", Status: barOpen}
	x, y := f.find(of, a), f.find(of, b)
	if x == nil || y == nil {
		return open
	}
	return open.withValue(x.Rate.Median/y.Rate.Median, "")
}

// slower compares times.
func (f figures) slower(what, of, a, b string, wanted float64) bar {
	open := bar{What: what, Wanted: wanted, AtMost: true, Unit: "x", Status: barOpen}
	x, y := f.find(of, a), f.find(of, b)
	if x == nil || y == nil {
		return open
	}
	return open.withValue(x.Seconds.Median/y.Seconds.Median, "")
}

// latency is how long a receiver takes for one byte.
func (f figures) latency(what, with string) bar {
	open := bar{What: what, Wanted: 150, AtMost: true, Unit: "ms", Status: barOpen}
	r := f.find(caseByte, with)
	if r == nil {
		return open
	}
	return open.withValue(r.Received.Median*1e3, "")
}

// share is how much of a link's rate is used in the middle of a transfer.
func (f figures) share(what, of, with string, wanted float64) bar {
	open := bar{What: what, Wanted: wanted, Unit: "of it", Status: barOpen}
	r := f.find(of, with)
	if r == nil || r.Middle.Median == 0 {
		return open
	}
	return open.withValue(r.Middle.Median/r.link.rate, "congestion control "+r.Congestion)
}

// within is how long a transfer of a size takes.
func (f figures) within(what, of, with string, bytes int64, wanted float64) bar {
	open := bar{What: what, Wanted: wanted, AtMost: true, Unit: "s", Status: barOpen}
	r := f.find(of, with)
	if r == nil || r.Bytes != bytes {
		return open
	}
	return open.withValue(r.Seconds.Median, "congestion control "+r.Congestion)
}

// fair is the part that tallow takes of a link with another flow.
func (f figures) fair(what, of string, wanted float64, atMost bool) bar {
	open := bar{What: what, Wanted: wanted, AtMost: atMost, Unit: "of both", Status: barOpen}
	r := f.find(of, toolTallow)
	if r == nil || r.Share.Median == 0 {
		return open
	}
	return open.withValue(r.Share.Median, "")
}

// memory is the largest peak of any sender or receiver of tallow.
func (f figures) memory() bar {
	open := bar{What: "peak memory of a side, any case", Wanted: 150, AtMost: true, Unit: "MB", Status: barOpen}
	var most float64
	var where string
	for _, r := range f {
		if !slices.Contains([]string{toolTallow, toolTCP, toolWebRTC, toolRelay, toolNearby}, r.Tool) {
			continue
		}
		for _, s := range r.Sides {
			if s.Name != sideRelay && s.Peak.Max > most {
				most, where = s.Peak.Max, fmt.Sprintf("the %s of %s in %s", s.Name, r.Tool, r.Case)
			}
		}
	}
	if most == 0 {
		return open
	}
	return open.withValue(most/megabyte, where)
}

// bestLane compares all lanes together with the fastest single one.
func (f figures) bestLane(of string) bar {
	open := bar{What: of + ": time of tallow to its best single lane's", Wanted: 1.1, AtMost: true, Unit: "x", Status: barOpen}
	all := f.find(of, toolTallow)
	var best *result
	for _, lane := range []string{toolTCP, toolWebRTC, toolRelay} {
		r := f.find(of, lane)
		if r == nil || all == nil {
			return open
		}
		if best == nil || r.Seconds.Median < best.Seconds.Median {
			best = r
		}
	}
	return open.withValue(all.Seconds.Median/best.Seconds.Median, "the best is "+best.Tool)
}
