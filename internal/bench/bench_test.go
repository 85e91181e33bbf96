package main

import (
	"context"
	"encoding/json"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

// The tools' helpers are processes of this very program.
func TestMain(m *testing.M) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code, is := runHelper(ctx, os.Args[1:])
	stop()
	if is {
		os.Exit(code)
	}
	goleak.VerifyTestMain(m)
}

// The benchmark runs with all tools that this machine has, tells of those that
// it has not, and leaves nothing behind.
func TestQuick(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "figures.json")
	var table, progress strings.Builder
	code := run(t.Context(), []string{"--quick", "--dir", dir, "--json", file, "--linksim", filepath.Join(dir, "none")}, &table, &progress)
	if code != 0 {
		t.Fatalf("exit code %d\n%s%s", code, &progress, &table)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v (%v)", entries, err)
	}

	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var r report
	if err := json.Unmarshal(b, &r); err != nil {
		t.Fatal(err)
	}
	rows := tableRows(t, table.String())
	n := 0
	for _, c := range cases(quickSizes()) {
		for _, name := range c.tools {
			at := slices.IndexFunc(r.Results, func(r *result) bool { return r.Case == c.name && r.Tool == name })
			if at < 0 {
				t.Fatalf("%s: nothing is said of %s", c.name, name)
			}
			checkResult(t, r.Results[at], rows[c.name][name])
			n++
		}
	}
	if len(r.Results) != n {
		t.Errorf("%d results, want %d", len(r.Results), n)
	}
	if len(r.Bars) != len(rows["Bars"]) || len(r.Bars) == 0 {
		t.Errorf("%d bars in the JSON, %d in the table", len(r.Bars), len(rows["Bars"]))
	}
}

// checkResult compares a result with what must be there on every machine, and
// with its row of the table.
func checkResult(t *testing.T, r *result, row []string) {
	t.Helper()
	name := r.Case + ", " + r.Tool
	if len(row) == 0 || row[0] != r.Tool {
		t.Errorf("%s: the table says %q", name, row)
		return
	}
	if r.Status != statusMeasured {
		if r.Why == "" || !strings.HasPrefix(row[1], r.Status+": ") {
			t.Errorf("%s: %s, %q; the table says %q", name, r.Status, r.Why, row)
		}
		local := slices.Contains([]string{caseFile, caseSmall, caseByte}, r.Case)
		if local && slices.Contains([]string{toolRaw, toolChannel, toolRelay, toolWebRTC, toolTallow}, r.Tool) {
			t.Errorf("%s: %s: %s", name, r.Status, r.Why)
		}
		return
	}
	if len(r.Runs) != 1 || r.Seconds.Median <= 0 || r.Seconds.Median != r.Runs[0].Seconds || r.Bytes <= 0 {
		t.Errorf("%s: %d runs, %+v, %d bytes", name, len(r.Runs), r.Seconds, r.Bytes)
	}
	if row[1] != r.Seconds.text(3) {
		t.Errorf("%s: %q in the table, want %q", name, row[1], r.Seconds.text(3))
	}
	var sides []string
	for _, s := range r.Runs[0].Sides {
		sides = append(sides, s.Name)
	}
	want := []string{sideSender, sideReceiver}
	if strings.HasPrefix(r.Tool, toolTallow) && r.Tool != toolNearby {
		want = append(want, sideRelay)
	}
	if !slices.Equal(sides, want) {
		t.Errorf("%s: the sides are %q, want %q", name, sides, want)
	}
}

// tableRows parses the Markdown: the rows of each section by their first cell.
func tableRows(t *testing.T, text string) map[string]map[string][]string {
	t.Helper()
	sections := make(map[string]map[string][]string)
	section, width, header := "", 0, true
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if name, ok := strings.CutPrefix(line, "## "); ok {
			section, header = name, true
			sections[section] = make(map[string][]string)
		}
		if !strings.HasPrefix(line, "|") {
			continue
		}
		cells := strings.Split(strings.Trim(line, "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		switch {
		case header:
			width, header = len(cells), false
		case len(cells) != width:
			t.Errorf("%s: a row of %d cells under a header of %d: %q", section, len(cells), width, line)
		case !strings.HasPrefix(cells[0], "--"):
			sections[section][cells[0]] = cells
		}
	}
	return sections
}

// Flags that make no sense are refused before anything is done.
func TestWrongFlags(t *testing.T) {
	for _, args := range [][]string{{"--case", "none"}, {"--case", "file,"}, {"--tool", "ftp"}, {"--runs", "0"}, {"--file-size", "0"}, {"--as", "nobody"}, {"--peer", "mine"}, {"--peer", "scp=cp {file} {folder}"}, {"file"}, {"--no-such-flag"}} {
		var stdout, stderr strings.Builder
		if code := run(t.Context(), args, &stdout, &stderr); code != 2 || stderr.Len() == 0 || stdout.Len() > 0 {
			t.Errorf("%q: exit code %d, %q, %q; want 2 and an explanation", args, code, &stdout, &stderr)
		}
	}
}
