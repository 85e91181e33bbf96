package main

import (
	"bytes"
	"math"
	"strings"
	"testing"
	"time"
)

func TestSpread(t *testing.T) {
	tests := []struct {
		values []float64
		want   spread
	}{
		{nil, spread{}},
		{[]float64{3}, spread{3, 3, 3}},
		{[]float64{9, 1, 2}, spread{2, 1, 9}},
		{[]float64{4, 1, 9, 2}, spread{3, 1, 9}},
	}
	for _, tt := range tests {
		if got := spreadOf(tt.values); got != tt.want {
			t.Errorf("%v: got %v, want %v", tt.values, got, tt.want)
		}
	}
}

func TestRates(t *testing.T) {
	begin := time.Now()
	progress := func(seconds float64, bytes int64) event {
		return event{Event: "progress", Bytes: bytes, at: begin.Add(time.Duration(seconds * float64(time.Second)))}
	}
	const total = 100_000_000
	tests := map[string]struct {
		events        []event
		first, middle float64
	}{
		"nothing":                    {},
		"nothing yet":                {events: []event{progress(1, 0)}},
		"one byte":                   {events: []event{progress(1, 0), progress(2, 1)}, first: 2},
		"a small file":               {events: []event{progress(1, 0), {Event: "lane", Bytes: 1, at: begin}, {Event: "file", Bytes: 1, at: begin.Add(3 * time.Second)}, progress(4, 1)}, first: 3},
		"even":                       {events: []event{progress(1, 1), progress(11, total)}, first: 1, middle: 80},
		"slow outside":               {events: []event{progress(5, 1), progress(10, total*15/100), progress(14, total*95/100), progress(100, total)}, first: 5, middle: 160},
		"on two lines":               {events: []event{progress(0, 0), progress(1, total/2), progress(3, total)}, first: 1, middle: 640 / (0.7 + 1.8)},
		"an end that is missing":     {events: []event{progress(1, 1), progress(2, total/2)}, first: 1},
		"a beginning that is missed": {events: []event{progress(1, total/2), progress(2, total)}, first: 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			first, middle := rates(begin, tt.events, total)
			if math.Abs(first-tt.first) > 1e-6 || math.Abs(middle-tt.middle) > 1e-3 {
				t.Errorf("got %v s and %v Mbit/s, want %v and %v", first, middle, tt.first, tt.middle)
			}
		})
	}
}

// measured is a result of one run.
func measured(of, with string, seconds float64, sides ...side) *result {
	r := &result{Case: of, Tool: with, Status: statusMeasured, Bytes: 1e9, link: &link{rate: 200}, Runs: []sample{{Seconds: seconds, Received: seconds, Middle: 100 / seconds, Sides: sides}}}
	r.summarize()
	return r
}

func as(user string, r *result) *result {
	r.As = user
	return r
}

func shared(r *result, share float64) *result {
	r.Share = spread{share, share, share}
	return r
}

func TestBars(t *testing.T) {
	failed := measured(caseFile, toolSCP, 1)
	failed.Status = statusFailed
	results := []*result{
		measured(caseFile, toolTCP, 1, side{Name: sideSender, Peak: 151e6}, side{Name: sideRelay, Peak: 900e6}),
		measured(caseFile, toolRaw, 0.5), measured(caseFile, toolRelay, 2), measured(caseFile, toolWebRTC, 4), measured(caseFile, toolTallow, 1.2),
		failed, measured(caseFile, toolChannel, 8, side{Name: sideSender, Peak: 999e6}),
		measured(caseSmall, toolTallow, 3), measured(caseSmall, toolTCP, 2.76), measured(caseSmall, toolRsync, 3),
		measured(caseByte, toolTallow, 0.15), measured(caseByte, toolNearby, 0.16), measured(caseLong, toolWebRTC, 0.5),
		measured(caseLossy, toolWebRTC, 0.5), as(asUser, measured(caseLossy, toolWebRTC, 2)), as(asRoot, measured(caseLossy, toolWebRTC, 1)),
		as(asRoot, measured(caseFarLoss, toolTallow, 0.5)), shared(measured(caseBeside, toolTallow, 1), 0.8),
		shared(measured(caseBesideDeep, toolTallow, 1), 0.2),
	}
	want := []struct {
		status   string
		measured float64
	}{
		{barOpen, 0},
		{barMissed, 0.5},
		{barOpen, 0},
		{barMet, 2},
		{barMet, 1},
		{barMissed, 0.92},
		{barMet, 150},
		{barMissed, 160},
		{barMet, 1},
		{barOpen, 0},
		{barMissed, 0.25},
		{barOpen, 0},
		{barMet, 2},
		{barMet, 1},
		{barOpen, 0},
		{barOpen, 0},
		{barOpen, 0},
		{barOpen, 0},
		{barOpen, 0},
		{barMet, 0.8},
		{barMissed, 0.8},
		{barMissed, 0.2},
		{barMet, 0.2},
		{barMissed, 151},
		{barMissed, 1.2},
		{barOpen, 0},
		{barOpen, 0},
		{barOpen, 0},
		{barOpen, 0},
		{barOpen, 0},
		{barOpen, 0},
		{barOpen, 0},
	}
	got := bars(results, sizes{lossy: 1e9})
	if len(got) != len(want) {
		t.Fatalf("%d bars, want %d", len(got), len(want))
	}
	for i, b := range got {
		if b.Status != want[i].status || math.Abs(b.Measured-want[i].measured) > 1e-9 {
			t.Errorf("%s: %s, %v; want %v", b.What, b.Status, b.Measured, want[i])
		}
	}
	for _, b := range bars(nil, fullSizes()) {
		if b.Status != barOpen {
			t.Errorf("%s: %s without any results", b.What, b.Status)
		}
	}
}

// What the raw tool opens is what was sealed, and nothing else.
func TestRawRecords(t *testing.T) {
	aead, err := rawCipher()
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range []int64{1, rawRecord - 16, rawRecord - 15, 10*rawRecord + 7} {
		var wire bytes.Buffer
		if err := sealTo(&wire, aead, size); err != nil {
			t.Fatal(err)
		}
		sealed := bytes.Clone(wire.Bytes())
		var got int64
		if err := openFrom(&wire, aead, size, func(n int) { got += int64(n) }); err != nil || got != size || wire.Len() != 0 {
			t.Errorf("%d bytes: opened %d, %d are left (%v)", size, got, wire.Len(), err)
		}
		sealed[len(sealed)-1] ^= 1
		if err := openFrom(bytes.NewReader(sealed), aead, size, func(int) {}); err == nil {
			t.Errorf("%d bytes: a record that was changed is opened", size)
		}
		if err := openFrom(bytes.NewReader(sealed[:len(sealed)-1]), aead, size, func(int) {}); err == nil {
			t.Errorf("%d bytes: a record that was cut is opened", size)
		}
	}
}

func TestLinkFlags(t *testing.T) {
	for _, tc := range []struct {
		link link
		want string
	}{
		{link{delay: 25 * time.Millisecond, rate: 200, loss: 0.1}, "-delay 25ms -rate 200 -loss 0.1"},
		{link{delay: 25 * time.Millisecond, rate: 100, back: 5}, "-delay 25ms -rate 100 -loss 0 -rate-back 5"},
		{link{delay: 25 * time.Millisecond, rate: 100, queue: 2}, "-delay 25ms -rate 100 -loss 0 -queue 1250000"},
	} {
		if got := strings.Join(tc.link.flags(), " "); got != tc.want {
			t.Errorf("%+v: %s; want %s", tc.link, got, tc.want)
		}
	}
}
