package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/tallow-transfer/tallow/pkg/tallow"
)

// laneReasons returns all LaneReasons of package tallow, from its source.
func laneReasons(t *testing.T) (all []tallow.LaneReason) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../../pkg/tallow/lanereason.go", nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok {
			value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, tallow.LaneReason(value))
		}
		return true
	})
	if len(all) < 7 {
		t.Fatalf("only %d reasons were found", len(all))
	}
	return all
}

// Every reason why a lane carries has words here and in the page, and a row in
// docs/cli.md.
func TestEveryLaneReasonHasWords(t *testing.T) {
	docs, err := os.ReadFile("../../docs/cli.md")
	if err != nil {
		t.Fatal(err)
	}
	words, err := os.ReadFile("../../web/page/words.js")
	if err != nil {
		t.Fatal(err)
	}
	_, page, _ := strings.Cut(string(words), "export const lanes")
	for _, r := range laneReasons(t) {
		if laneReasonText(r) == "" {
			t.Errorf("no words for %s", r)
		}
		if !strings.Contains(string(docs), "\n| `"+string(r)+"` |") {
			t.Errorf("no row of the reason %s in docs/cli.md", r)
		}
		if name := string(r); !strings.Contains(page, "\n  "+name+": ") && !strings.Contains(page, "\n  \""+name+"\": ") {
			t.Errorf("no words for %s in the page", r)
		}
	}
}

func TestLaneText(t *testing.T) {
	for want, e := range map[string]tallow.LaneEvent{
		"Lane relay is up: no direct connection has come up.": {Lane: tallow.LaneRelay, Up: true, Reason: tallow.LaneReasonNoDirect},
		"Lane tcp is up: it is direct.":                       {Lane: tallow.LaneTCP, Up: true, Reason: tallow.LaneReasonDirect},
		"Lane relay is down.":                                 {Lane: tallow.LaneRelay},
	} {
		if got := laneText(e); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
