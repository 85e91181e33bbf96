package main

import "time"

// The middle of a transfer, as fractions of its bytes.
const (
	middleBegins = 0.15
	middleEnds   = 0.95
)

// rates evaluates the events of a receiver. It returns after how many seconds it
// reported the first data, and the rate in the middle of the transfer in Mbit/s.
// Each is 0 if the events do not tell.
func rates(begin time.Time, events []event, total int64) (first, middle float64) {
	var points []event
	for _, e := range events {
		if e.Event != "progress" && e.Event != "file" {
			continue
		}
		if first == 0 && e.Bytes > 0 {
			first = e.at.Sub(begin).Seconds()
		}
		if e.Event == "progress" {
			points = append(points, e)
		}
	}
	from, ok := passed(points, middleBegins*float64(total))
	to, ok2 := passed(points, middleEnds*float64(total))
	if !ok || !ok2 || !to.After(from) {
		return first, 0
	}
	return first, (middleEnds - middleBegins) * float64(total) * 8 / 1e6 / to.Sub(from).Seconds()
}

// passed returns when a number of bytes had arrived, interpolated between two
// events. It returns false if the first event already has more.
func passed(points []event, bytes float64) (time.Time, bool) {
	for n := 1; n < len(points); n++ {
		before, after := points[n-1], points[n]
		if float64(before.Bytes) <= bytes && float64(after.Bytes) >= bytes && after.Bytes > before.Bytes {
			part := (bytes - float64(before.Bytes)) / float64(after.Bytes-before.Bytes)
			return before.at.Add(time.Duration(part * float64(after.at.Sub(before.at)))), true
		}
	}
	return time.Time{}, false
}
