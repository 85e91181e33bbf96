package main

import (
	"strings"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/pkg/tallow"
)

func TestBytesText(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0 bytes", 1: "1 byte", 999: "999 bytes", 1000: "1.0 kB", 1234: "1.2 kB", 9949: "9.9 kB", 9950: "10 kB",
		27_400: "27 kB", 999_499: "999 kB", 999_500: "1.0 MB", 1_234_567: "1.2 MB", 5_000_000_000: "5.0 GB",
		1<<63 - 1: "9.2 EB",
	} {
		if got := bytesText(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}

func TestNamesText(t *testing.T) {
	long := strings.Repeat("ä", 100)
	for _, tc := range []struct {
		names []string
		want  string
	}{
		{nil, ""},
		{[]string{"a"}, "a"},
		{[]string{"a", "b"}, "a and b"},
		{[]string{"a", "b", "c"}, "a, b and c"},
		{[]string{"a", "b", "c", "d"}, "a, b, c and 1 more"},
		{[]string{"a", "b", "c", "d", "e"}, "a, b, c and 2 more"},
		{[]string{"\x1b[2Ja\n"}, "[2Ja"},
		{[]string{long}, strings.Repeat("ä", 59) + "…"},
		{[]string{strings.Repeat("文", 30)}, strings.Repeat("文", 30)},
		{[]string{strings.Repeat("文", 31)}, strings.Repeat("文", 29) + "…"},   // wide
		{[]string{strings.Repeat("👍🏽", 31)}, strings.Repeat("👍🏽", 29) + "…"}, // of two runes
	} {
		if got := namesText(tc.names); got != tc.want {
			t.Errorf("%q: %q, want %q", tc.names, got, tc.want)
		}
	}
}

func TestSizeText(t *testing.T) {
	for want, o := range map[string]tallow.Offer{
		"1 file, 6 bytes":          {Known: true, Files: 1, Bytes: 6},
		"3 files, 1.2 MB":          {Known: true, Files: 3, Bytes: 1_200_000},
		"a stream of unknown size": {Files: 1},
		"a text of 24 bytes":       {Known: true, Text: true, Files: 1, Bytes: 24},
	} {
		if got := sizeText(o); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestResultText(t *testing.T) {
	for want, r := range map[string]tallow.Result{
		"3 files, 1.2 MB in 0.4 s (3.0 MB/s, webrtc)": {
			Files: 3, Bytes: 1_200_000, Sent: 1_200_000, Elapsed: 400 * time.Millisecond,
			Lanes: map[tallow.Lane]int64{tallow.LaneWebRTC: 1_200_000},
		},
		"1 file, 20 MB in 1m5s (123 kB/s, webrtc, relay), 12 MB of it were there already": {
			Files: 1, Bytes: 20_000_000, Sent: 8_000_000, Elapsed: 65 * time.Second,
			Lanes: map[tallow.Lane]int64{tallow.LaneRelay: 3_000_000, tallow.LaneWebRTC: 5_000_000},
		},
		"1 file, 5 bytes in less than 0.1 s (relay)": {
			Files: 1, Bytes: 5, Sent: 5, Elapsed: time.Millisecond, Lanes: map[tallow.Lane]int64{tallow.LaneRelay: 5},
		},
		"2 files, 0 bytes in 1.0 s": {Files: 2, Elapsed: time.Second},
		"0 files, 0 bytes in 2.0 s": { // what came was refused or skipped in the end
			Sent: 9_400_000, Elapsed: 2 * time.Second, Lanes: map[tallow.Lane]int64{tallow.LaneTCP: 9_400_000},
		},
		"1 file, 5 bytes in 2.0 s (5 bytes/s)": { // a lane died and its blocks went out twice
			Files: 1, Bytes: 5, Sent: 10, Elapsed: 2 * time.Second,
		},
	} {
		if got := resultText(r); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestArgument(t *testing.T) {
	for code, want := range map[string]string{
		"7-acid-acorn-acre":                    "7-acid-acorn-acre",
		"7-acid-acorn-acre@relay.example:8080": "7-acid-acorn-acre@relay.example:8080",
		"7-acid-acorn-acre@[::1]:8080":         `"7-acid-acorn-acre@[::1]:8080"`,
		"wss://relay.example#7-acid-acorn":     `"wss://relay.example#7-acid-acorn"`,
	} {
		if got := argument(code); got != want {
			t.Errorf("%s: %s, want %s", code, got, want)
		}
	}
}
