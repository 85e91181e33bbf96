package tallow_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/tallow-transfer/tallow/pkg/tallow"
)

// List tells what a Send sends and leaves out, without a relay, and ends with the error
// that ends the Send.
func TestList(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a.txt", "b.o"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("12345"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	client, err := tallow.New(tallow.Config{Relay: "relay.invalid"})
	if err != nil {
		t.Fatal(err)
	}
	list := func(o tallow.SendOptions) (lines []string, sum tallow.Listing, err error) {
		sum, err = client.List(t.Context(), o, func(it tallow.ListItem) error {
			lines = append(lines, fmt.Sprint(filepath.Base(it.Path), " ", it.Kind, " ", it.Bytes, " ", it.Reason))
			return nil
		})
		slices.Sort(lines)
		return lines, sum, err
	}
	top := filepath.Base(dir)
	lines, sum, err := list(tallow.SendOptions{Paths: []string{dir}, Rules: []tallow.Rule{{Pattern: "*.o"}}})
	want := []string{top + " folder 0 ", "a.txt file 5 ", "b.o file 0 excluded by *.o"}
	slices.Sort(want)
	if err != nil || !slices.Equal(lines, want) || sum != (tallow.Listing{Files: 1, Bytes: 5, Known: true, LeftOut: 1}) {
		t.Errorf("%q, %+v, %v", lines, sum, err)
	}
	if lines, sum, err := list(tallow.SendOptions{Text: "hello"}); err != nil || len(lines) != 1 || sum.Files != 1 || sum.Bytes != 5 {
		t.Errorf("a text: %q, %+v, %v", lines, sum, err)
	}
	for reason, o := range map[tallow.Reason]tallow.SendOptions{
		tallow.ReasonNothingLeft:   {Paths: []string{dir}, Rules: []tallow.Rule{{Include: true, Pattern: "*.jpg"}}},
		tallow.ReasonPattern:       {Paths: []string{dir}, Rules: []tallow.Rule{{Pattern: "["}}},
		tallow.ReasonPathMissing:   {Paths: []string{filepath.Join(dir, "none")}},
		tallow.ReasonNothingToSend: {},
	} {
		_, _, err := list(o)
		var e *tallow.Error
		if !errors.As(err, &e) || e.Reason != reason || !e.Sending {
			t.Errorf("%s: %v", reason, err)
		}
	}
	// An unknown compression is found before anything is contacted.
	_, err = client.Send(t.Context(), tallow.SendOptions{Text: "a", Compress: "maybe"})
	var e *tallow.Error
	if !errors.As(err, &e) || e.Reason != tallow.ReasonCompressName {
		t.Errorf("compression: %v", err)
	}
}
