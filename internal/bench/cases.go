package main

import (
	"fmt"
	"slices"
	"time"
)

// benchCase says what is transferred and over which path.
type benchCase struct {
	name    string
	about   string
	payload payload
	link    *link // nil: over the loopback interface
	tools   []string
}

// link is a path that linksim makes.
type link struct {
	delay time.Duration // one way
	rate  float64       // Mbit/s
	back  float64       // of the way back to the sender; 0: as rate
	loss  float64       // percent
	queue float64       // bandwidth-delay products; 0: one, but at least 256 KiB

	beside bool // a CUBIC flow has the path already
}

// flags returns the link in the flags of linksim.
func (l link) flags() []string {
	flags := []string{"-delay", l.delay.String(), "-rate", fmt.Sprint(l.rate), "-loss", fmt.Sprint(l.loss)}
	if l.back > 0 {
		flags = append(flags, "-rate-back", fmt.Sprint(l.back))
	}
	if l.queue > 0 {
		product := l.rate * 1e6 / 8 * 2 * l.delay.Seconds()
		flags = append(flags, "-queue", fmt.Sprint(int(l.queue*product)))
	}
	return flags
}

// sizes says how much is transferred.
type sizes struct {
	file, link, lossy int64 // bytes
	files             int
}

func fullSizes() sizes  { return sizes{file: 1 << 30, link: 96 << 20, lossy: 96 << 20, files: 10_000} }
func quickSizes() sizes { return sizes{file: 4 << 20, link: 2 << 20, lossy: 6 << 20, files: 200} }

// lossyParts is how many parts of the lossy size the link with most loss gets one of.
const lossyParts = 6

func (s sizes) positive() bool {
	return s.file > 0 && s.link > 0 && s.lossy >= lossyParts && s.files > 0
}

// The cases that have bars.
const (
	caseFile       = "file"
	caseSmall      = "small"
	caseByte       = "byte"
	caseLong       = "200mbit"
	caseLossy      = "200mbit-loss"
	caseFarLoss    = "100mbit-loss"
	caseMost       = "50mbit-loss"
	caseShallow    = "100mbit-shallow"
	caseUneven     = "100mbit-asymmetric"
	caseBeside     = "100mbit-beside"
	caseBesideDeep = "100mbit-beside-deep"
)

// cases returns all cases in the order of measurement.
func cases(s sizes) []benchCase {
	lanes := []string{toolRelay, toolTCP, toolWebRTC, toolTallow}
	over := append([]string{toolRaw, toolSCP}, lanes...)
	return []benchCase{
		{
			name: caseFile, about: "a file", payload: payload{bytes: s.file},
			tools: slices.Concat([]string{toolRaw, toolChannel, toolSCP, toolRsync, toolTar}, lanes),
		},
		{
			name: caseSmall, about: "files of 0.2 to 8 KB in folders of 100", payload: payload{files: s.files},
			tools: slices.Concat([]string{toolSCP, toolRsync, toolTar}, lanes),
		},
		{
			name: caseByte, about: "one byte", payload: payload{bytes: 1},
			tools: slices.Concat([]string{toolSCP}, lanes, []string{toolNearby}),
		},
		{
			name: caseLong, about: "a file over 200 Mbit/s, 50 ms round trip", payload: payload{bytes: s.link},
			link: &link{delay: 25 * time.Millisecond, rate: 200}, tools: over,
		},
		{
			name: caseLossy, about: "the same with 0.1 % loss", payload: payload{bytes: s.lossy},
			link: &link{delay: 25 * time.Millisecond, rate: 200, loss: 0.1}, tools: over,
		},
		{
			name: caseFarLoss, about: "a file over 100 Mbit/s, 100 ms round trip, 0.5 % loss", payload: payload{bytes: s.lossy / 2},
			link: &link{delay: 50 * time.Millisecond, rate: 100, loss: 0.5}, tools: over,
		},
		{
			name: caseMost, about: "a file over 50 Mbit/s, 200 ms round trip, 2 % loss", payload: payload{bytes: s.lossy / lossyParts},
			link: &link{delay: 100 * time.Millisecond, rate: 50, loss: 2}, tools: over,
		},
		{
			name: caseShallow, about: "a file over 100 Mbit/s, 50 ms round trip, a queue of a tenth of their product", payload: payload{bytes: s.link},
			link: &link{delay: 25 * time.Millisecond, rate: 100, queue: 0.1}, tools: over,
		},
		{
			name: caseUneven, about: "a file over 100 Mbit/s, 50 ms round trip, 5 Mbit/s on the way back", payload: payload{bytes: s.link},
			link: &link{delay: 25 * time.Millisecond, rate: 100, back: 5}, tools: over,
		},
		{
			name: caseBeside, about: "a file over 100 Mbit/s, 50 ms round trip, beside a CUBIC flow that came first", payload: payload{bytes: s.link},
			link: &link{delay: 25 * time.Millisecond, rate: 100, beside: true}, tools: over,
		},
		{
			name: caseBesideDeep, about: "the same with a queue of two bandwidth-delay products", payload: payload{bytes: s.link},
			link: &link{delay: 25 * time.Millisecond, rate: 100, queue: 2, beside: true}, tools: over,
		},
	}
}

// users returns who runs the tools of a case, of those in a flag: nobody in
// particular without a link.
func (c benchCase) users(as string) []string {
	if c.link == nil {
		return []string{""}
	}
	var users []string
	for _, one := range []string{asRoot, asUser} {
		if chosen(as, one) {
			users = append(users, one)
		}
	}
	return users
}

func caseNames() (names []string) {
	for _, c := range cases(fullSizes()) {
		names = append(names, c.name)
	}
	return names
}
