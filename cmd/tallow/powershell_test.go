package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// The script for PowerShell has one completer, for tallow, and closes all that it opens:
// not every machine that tests it has PowerShell.
func TestPowerShellScript(t *testing.T) {
	var script bytes.Buffer
	root := newRoot(&program{getenv: func(string) string { return "" }})
	root.SetOut(&script)
	root.SetArgs([]string{"completion", "powershell"})
	if err := root.Execute(); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"Register-ArgumentCompleter -CommandName 'tallow' -ScriptBlock ", " __complete ", "[System.Management.Automation.CompletionResult]"} {
		if !strings.Contains(script.String(), part) {
			t.Errorf("it has no %q", part)
		}
	}
	if open, err := unclosed(script.String()); err != nil || open != "" {
		t.Errorf("%q is not closed; %v", open, err)
	}
	for text, want := range map[string]string{
		"{ (\"a)`\"\" + '}''') }": "", "{ # }\n": "{", "\"$(x": "\"", "'": "'", "@{a=[b]": "{", "<# { #>": "", "`{": "",
	} {
		if open, err := unclosed(text); err != nil || open != want {
			t.Errorf("%q: %q, %v; want %q", text, open, err, want)
		}
	}
	if _, err := unclosed("(]"); err == nil {
		t.Error("brackets that do not match are not found")
	}
}

// unclosed returns the brackets and quotes that a PowerShell script opens and does not
// close. What is in strings and comments does not count.
func unclosed(script string) (open string, err error) {
	closes := map[byte]byte{')': '(', ']': '[', '}': '{'}
	for i := 0; i < len(script); i++ {
		c := script[i]
		switch {
		case strings.HasPrefix(script[i:], "<#"):
			end := strings.Index(script[i:], "#>")
			if end < 0 {
				return open + "<#", nil
			}
			i += end + 1
		case c == '#':
			end := strings.IndexByte(script[i:], '\n')
			if end < 0 {
				return open, nil
			}
			i += end
		case c == '`':
			i++
		case c == '\'' || c == '"':
			end := quotedEnd(script[i:])
			if end < 0 {
				return open + string(c), nil
			}
			i += end
		case strings.IndexByte("([{", c) >= 0:
			open += string(c)
		case closes[c] != 0:
			if open == "" || open[len(open)-1] != closes[c] {
				return open, fmt.Errorf("%q closes %q: %q", c, open, script[max(0, i-50):i+1])
			}
			open = open[:len(open)-1]
		}
	}
	return open, nil
}

// quotedEnd is where the string at the beginning of a script ends: at its quote, which is
// doubled in it, or behind a backtick if it is a double one. It is -1 if there is no end.
func quotedEnd(script string) int {
	for i := 1; i < len(script); i++ {
		switch {
		case script[i] == '`' && script[0] == '"':
			i++
		case script[i] == script[0] && i+1 < len(script) && script[i+1] == script[0]:
			i++
		case script[i] == script[0]:
			return i
		}
	}
	return -1
}
