package main

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/pkg/tallow"
)

// usual is a transfer with the usual figures.
func usual() status {
	return status{
		arrived: 3_000_000, total: 12_000_000, rate: 1.5e6, lanes: []tallow.Lane{tallow.LaneTCP}, keys: "p pause, q quit",
	}
}

// At every width the line is narrower than the terminal, and tells something.
func TestLayoutsFit(t *testing.T) {
	all := []tallow.Lane{tallow.LaneTCP, tallow.LaneWebRTC, tallow.LaneRelay}
	for name, s := range map[string]status{
		"usual":     usual(),
		"begun":     {total: 12_000_000, keys: "p pause, q quit"},
		"complete":  {arrived: 12_000_000, total: 12_000_000, rate: 1.5e6, lanes: all},
		"longest":   {arrived: 999, total: 999_000_000_000, rate: 999, lanes: all, keys: "p pause, q quit"},
		"a lie":     {arrived: 1 << 62, total: 1, rate: 1e300, lanes: all, keys: "p pause, q quit"},
		"a stream":  {arrived: 999_000_000, rate: 999_000, lanes: all, keys: "p pause, q quit"},
		"paused":    {arrived: 999, total: 999_000_000_000, hold: "paused", keys: "r resume, q quit"},
		"by them":   {arrived: 999, total: 999_000_000_000, hold: "paused by the other side", keys: "q quit"},
		"no keys":   {arrived: 999, total: 999_000_000_000, rate: 999},
		"resumed":   {arrived: 900, there: 800, total: 999, rate: 999, lanes: all, keys: "p pause, q quit"},
		"begins":    {arrived: 1, there: 1, total: 999_000_000_000, keys: "p pause, q quit"},
		"all there": {arrived: 999, there: 1 << 62, total: 999, keys: "p pause, q quit"},
		"unlimited": {arrived: 3_000_000, total: 1<<63 - 1, rate: 1500},
	} {
		bar := 0
		for columns := 20; columns <= 200; columns++ {
			line := s.line(columns)
			if cells(line) >= columns || line == "" {
				t.Errorf("%s: %q has %d cells, of %d columns", name, line, cells(line), columns)
			}
			if s.total > 0 && !strings.Contains(line, "%") {
				t.Errorf("%s: no part of the whole in %q", name, line)
			}
			if columns >= 80 && s.keys != "" && !strings.HasSuffix(line, s.keys) {
				t.Errorf("%s: no keys in %d columns: %q", name, columns, line)
			}
			if length := strings.Index(line, "]") - strings.Index(line, "["); length < bar {
				t.Errorf("%s: the bar shrinks to %d cells in %d columns: %q", name, length, columns, line)
			} else {
				bar = length
			}
		}
		if s.total > 0 && bar < 60 {
			t.Errorf("%s: a bar of %d cells in 200 columns", name, bar)
		}
	}
}

// The table of layouts is true.
func TestLayoutTable(t *testing.T) {
	source, err := os.ReadFile("layout.go")
	if err != nil {
		t.Fatal(err)
	}
	rows := regexp.MustCompile(`(?m)^//\t(\d+)  ( 25%.*)$`).FindAllStringSubmatch(string(source), -1)
	if len(rows) != len(layouts())-1 {
		t.Errorf("%d rows of %d layouts", len(rows), len(layouts())-1)
	}
	for _, row := range rows {
		columns, _ := strconv.Atoi(row[1])
		if got := usual().line(columns); got != row[2] {
			t.Errorf("%d columns: %q, want %q", columns, got, row[2])
		}
		if got := usual().line(columns - 1); got == row[2] {
			t.Errorf("%q needs no %d columns", got, columns)
		}
	}
}

// What was there before is another cell of the bar, at every width.
func TestBarOfResumed(t *testing.T) {
	for _, tc := range []struct {
		arrived, there int64
		columns        int
		want           string
	}{
		{50, 0, 80, " 50% [===>    ]  "},
		{50, 25, 80, " 50% [##=>    ]  "},
		{50, 50, 80, " 50% [###>    ]  "},
		{90, 1, 80, " 90% [#=====> ]  "}, // a little is shown, too
		{100, 0, 80, "100% [========]  "},
		{100, 50, 80, "100% [####====]  "},
		{100, 100, 80, "100% [########]  "},
		{3, 3, 80, "  3% [        ]  "}, // there is no cell yet
		{50, 25, 104, " 50% [####===>        ]  "},
		{50, 25, 120, " 50% [########=======>                ]  "},
		{50, 25, 40, " 50% [##=>    ]  "},
	} {
		s := status{arrived: tc.arrived, there: tc.there, total: 100}
		if got := s.bar(tc.columns); got != tc.want {
			t.Errorf("%d of 100, %d of them there before, %d columns: %q, want %q", tc.arrived, tc.there, tc.columns, got, tc.want)
		}
	}
}

func TestStatusText(t *testing.T) {
	for want, s := range map[string]status{
		"3.0 MB of 12 MB, 1.5 MB/s, 6s left":    {arrived: 3_000_000, total: 12_000_000, rate: 1.5e6},
		"3.0 MB of 12 MB":                       {arrived: 3_000_000, total: 12_000_000},
		"3.0 MB of 27 MB, 1.5 kB/s, 4h26m left": {arrived: 3_000_000, total: 27_000_001, rate: 1500},
		"3.0 MB of 9.2 EB, 1.5 kB/s":            {arrived: 3_000_000, total: 1<<63 - 1, rate: 1500},
		"12 MB of 12 MB, 1.5 MB/s":              {arrived: 12_000_000, total: 12_000_000, rate: 1.5e6},
		"3.0 MB of 12 MB, 1.5 MB/s by tcp+webrtc, 6s left": {
			arrived: 3_000_000, total: 12_000_000, rate: 1.5e6, lanes: []tallow.Lane{tallow.LaneTCP, tallow.LaneWebRTC},
		},
	} {
		if got := s.line(120); !strings.HasSuffix(got, "]  "+want) {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if got, want := (status{arrived: 3_000_000, rate: 1.5e6}).line(120), "3.0 MB, 1.5 MB/s"; got != want {
		t.Errorf("a stream: %q, want %q", got, want)
	}
}

func TestLeftText(t *testing.T) {
	for want, d := range map[string]time.Duration{
		"6s": 6 * time.Second, "4m41s": 281 * time.Second, "4h26m": 4*time.Hour + 26*time.Minute + 59*time.Second, "277h": 277*time.Hour + time.Minute,
	} {
		if got := leftText(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}

func TestCells(t *testing.T) {
	for text, want := range map[string]int{"": 0, "abc": 3, "äß—": 3, "文字": 4, "👍🏽": 2, "e\u0301": 1} {
		if got := cells(text); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
}
