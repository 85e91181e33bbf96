package manifest

import (
	"io/fs"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// Every bit of a mode, and every time that 64 bits hold, survives both ways.
func TestEntryRoundTrip(t *testing.T) {
	entries := []wire.Entry{
		{Kind: wire.KindDir, Path: "d", Mode: 0o755, MTime: 1e18},
		{Kind: wire.KindFile, Path: "d/f", Size: wire.MaxFileSize, MTime: -3e9 + 5},
		{Kind: wire.KindSymlink, Path: "d/l", Target: "../f", MTime: math.MinInt64},
		{Kind: wire.KindStream, Path: "stdin", MTime: math.MaxInt64},
		{Kind: wire.KindFile, Path: "f", MTime: math.MinInt64 + 1},
		{Kind: wire.KindFile, Path: "f", MTime: math.MaxInt64 - 1},
		{Kind: wire.KindFile, Path: "f", MTime: -1},
	}
	for mode := range uint16(0o10000) {
		entries = append(entries, wire.Entry{Kind: wire.KindFile, Path: "f", Mode: mode})
	}
	for _, want := range entries {
		got, err := ToWire(FromWire(want))
		if err != nil || got != want {
			t.Errorf("%+v became %+v, %v", want, got, err)
		}
	}
}

func TestEntryFromSource(t *testing.T) {
	date := func(year int) time.Time { return time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC) }
	for _, tt := range []struct {
		name string
		e    files.Entry
		want wire.Entry
	}{
		{
			"special bits, and the type is left out",
			files.Entry{Kind: files.KindDir, Path: "d", Mode: fs.ModeDir | fs.ModeSetgid | fs.ModeSticky | 0o770, ModTime: time.Unix(5, 7)},
			wire.Entry{Kind: wire.KindDir, Path: "d", Mode: 0o3770, MTime: 5e9 + 7},
		},
		{"setuid", files.Entry{Kind: files.KindFile, Path: "f", Mode: fs.ModeSetuid | 0o755, ModTime: time.Unix(0, 0)}, wire.Entry{Kind: wire.KindFile, Path: "f", Mode: 0o4755}},
		{"no time", files.Entry{Kind: files.KindFile, Path: "f"}, wire.Entry{Kind: wire.KindFile, Path: "f"}},
		{"long ago", files.Entry{Kind: files.KindFile, Path: "f", ModTime: date(1500)}, wire.Entry{Kind: wire.KindFile, Path: "f", MTime: math.MinInt64}},
		{"far ahead", files.Entry{Kind: files.KindFile, Path: "f", ModTime: date(2500)}, wire.Entry{Kind: wire.KindFile, Path: "f", MTime: math.MaxInt64}},
	} {
		if got, err := ToWire(tt.e); err != nil || got != tt.want {
			t.Errorf("%s: %+v, %v; want %+v", tt.name, got, err, tt.want)
		}
	}
}

// What the peer would refuse as malformed is not sent.
func TestEntryCannotBeSent(t *testing.T) {
	file := files.Entry{Kind: files.KindFile, Path: "f"}
	for name, change := range map[string]func(*files.Entry){
		"no kind":                func(e *files.Entry) { e.Kind = 0 },
		"an unknown kind":        func(e *files.Entry) { e.Kind = files.KindStream + 1 },
		"no path":                func(e *files.Entry) { e.Path = "" },
		"a long path":            func(e *files.Entry) { e.Path = strings.Repeat("a", wire.MaxPath+1) },
		"a path that is no text": func(e *files.Entry) { e.Path = "\xff" },
		"a file with a target":   func(e *files.Entry) { e.Target = "x" },
		"a link without one":     func(e *files.Entry) { e.Kind = files.KindSymlink },
		"a long target":          func(e *files.Entry) { e.Kind, e.Target = files.KindSymlink, strings.Repeat("a", wire.MaxTarget+1) },
		"a negative size":        func(e *files.Entry) { e.Size = -1 },
		"a folder with a size":   func(e *files.Entry) { e.Kind, e.Size = files.KindDir, 1 },
		"a stream with a size":   func(e *files.Entry) { e.Kind, e.Size = files.KindStream, 1 },
		"a huge file":            func(e *files.Entry) { e.Size = wire.MaxFileSize + 1 },
	} {
		e := file
		change(&e)
		if got, err := ToWire(e); err == nil {
			t.Errorf("%s: %+v is sent", name, got)
		}
	}
	if _, err := ToWire(file); err != nil {
		t.Errorf("a plain file is not sent: %v", err)
	}
}
