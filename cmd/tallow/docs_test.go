package main

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tallow-transfer/tallow/pkg/tallow"
)

// docs/cli.md documents every flag, every event with all its fields, every kind of
// error with its exit code, every state, and nothing else.
func TestDocumentation(t *testing.T) {
	b, err := os.ReadFile("../../docs/cli.md")
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	checkFlags(t, text)
	checkExamples(t, text)
	for _, kind := range kinds() {
		if row := "| " + exitText(kind) + " | `" + string(kind) + "` |"; !strings.Contains(text, row) {
			t.Errorf("no row %s", row)
		}
	}
	for _, state := range []tallow.State{
		tallow.StatePending, tallow.StateConnecting, tallow.StateTransferring, tallow.StatePaused,
		tallow.StateCompleted, tallow.StateFailed, tallow.StateCancelled,
	} {
		if row := "\n| `" + string(state) + "` |"; !strings.Contains(text, row) {
			t.Errorf("no row of the state %s", state)
		}
	}
}

// kinds returns all kinds of errors.
func kinds() []tallow.ErrorKind {
	return []tallow.ErrorKind{
		tallow.KindInternal, tallow.KindUsage, tallow.KindCode, tallow.KindDeclined, tallow.KindNetwork,
		tallow.KindPartial, tallow.KindIO, tallow.KindIntegrity, tallow.KindInterrupted,
	}
}

func exitText(kind tallow.ErrorKind) string { return strconv.Itoa(exitCode(kind)) }

func checkFlags(t *testing.T, text string) {
	exists := make(map[string]bool)
	var visit func(*cobra.Command)
	visit = func(cmd *cobra.Command) {
		cmd.InitDefaultHelpFlag()
		note := func(f *pflag.Flag) { exists[f.Name] = true }
		cmd.Flags().VisitAll(note)
		cmd.PersistentFlags().VisitAll(note)
		for _, verb := range cmd.Commands() {
			visit(verb)
		}
	}
	visit(newRoot(&program{}))
	documented := make(map[string]bool)
	for line := range strings.Lines(text) {
		cell, _, _ := strings.Cut(strings.TrimPrefix(line, "| "), " |")
		if i := strings.Index(cell, "`--"); strings.HasPrefix(line, "| `-") && i >= 0 {
			name, _, _ := strings.Cut(strings.Trim(cell[i:], "`-"), " ")
			documented[name] = true
		}
	}
	for name := range exists {
		if !documented[name] {
			t.Errorf("--%s is not documented", name)
		}
	}
	for name := range documented {
		if !exists[name] {
			t.Errorf("there is no flag --%s", name)
		}
	}
}

func checkExamples(t *testing.T, text string) {
	shown := make(map[string]bool)
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, `{"event":`) {
			continue
		}
		event, err := parseEvent(line)
		if err != nil {
			t.Errorf("%v: %s", err, line)
			continue
		}
		shown[event["event"].(string)] = true
	}
	for name := range contract {
		if !shown[name] || !strings.Contains(text, "\n| `"+name+"` | ") {
			t.Errorf("the event %s is not documented", name)
		}
	}
}
