package main

import (
	"errors"
	"strings"
	"testing"

	"rsc.io/qr"
)

// What is drawn has the modules of the code, with a light margin around them.
func TestQRLines(t *testing.T) {
	const text = "https://relay.example/room/#7-apple-walrus-kayak"
	lines, err := qrLines(text)
	if err != nil {
		t.Fatal(err)
	}
	code, err := qr.Encode(text, qr.L)
	if err != nil {
		t.Fatal(err)
	}
	side := code.Size + 2*quietZone
	if len(lines) != (side+1)/2 {
		t.Fatalf("%d lines for %d modules", len(lines), side)
	}
	for y := range side {
		line := []rune(lines[y/2])
		if len(line) != side {
			t.Fatalf("line %d has %d columns, not %d", y/2, len(line), side)
		}
		for x := range side {
			c := line[x]
			light := c == '█' || y%2 == 0 && c == '▀' || y%2 == 1 && c == '▄'
			if light == code.Black(x-quietZone, y-quietZone) {
				t.Fatalf("the module %d, %d is wrong", x, y)
			}
		}
	}
	if _, err := qrLines(strings.Repeat("x", 5000)); err == nil {
		t.Error("5000 characters fit")
	}
}

func TestCopyText(t *testing.T) {
	works := func(string) error { return nil }
	fails := func(string) error { return errors.New("no \x1b[2Jprogram") }
	for _, c := range []struct {
		terminal, system func(string) error
		want             string
	}{
		{nil, works, "Copied the code to the clipboard."},
		{works, works, "Copied the code to the clipboard."},
		{works, fails, "Asked the terminal to copy the code to its clipboard."},
		{nil, fails, "The code is not copied, because no clipboard was found here: no [2Jprogram"},
		{fails, fails, "The code is not copied, because no clipboard was found here: no [2Jprogram"},
	} {
		if got := copyText("code", "7-apple", c.terminal, c.system); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
