package main

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// pages returns the README and all pages of docs, by name.
func pages(t *testing.T) map[string]string {
	t.Helper()
	paths, err := filepath.Glob("../../docs/*.md")
	if err != nil || len(paths) < 8 {
		t.Fatalf("%d pages, %v", len(paths), err)
	}
	all := make(map[string]string)
	for _, path := range append(paths, "../../README.md") {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all[filepath.Base(path)] = string(text)
	}
	return all
}

// Every command line of tallow in the documentation is one that tallow takes: its
// verb and flags exist, and the values are of their kind.
func TestCommandsInDocumentation(t *testing.T) {
	total := 0
	for name, text := range pages(t) {
		for _, line := range codeLines(text) {
			for _, args := range commands(line) {
				total++
				if err := takes(args); err != nil {
					t.Errorf("%s: %s\n\t%v", name, strings.Join(args, " "), err)
				}
			}
		}
	}
	if total < 100 {
		t.Errorf("only %d command lines were found", total)
	}
}

// The test above finds what it is to find.
func TestCommandsAreFound(t *testing.T) {
	for line, want := range map[string][]string{
		`tallow send "a b" 'c d' > code.txt &`:             {"send|a b|c d"},
		`    $ tar c x | tallow send - && tallow version`:  {"send|-", "version"},
		`ssh builder tallow receive -y "$(head -n 1 c)"`:   {"receive|-y|$(head -n 1 c)"},
		`TALLOW_CODE="$(tallow code --for "x $Y")"`:        {"code|--for|x $Y"},
		`go run ./cmd/tallow send README.md # tallow nope`: {"send|README.md"},
		`the tallow binary, tallow.wasm and my-tallow x`:   nil,
		`docker build -t tallow . && go test ./cmd/tallow`: nil,
		`  - tallow version`:                               {"version"},
	} {
		var got []string
		for _, args := range commands(line) {
			got = append(got, strings.Join(args, "|"))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
	for line, valid := range map[string]bool{
		"send --lanes relay a":            true,
		"send --limit-rate 10M --wait 0s": true,
		"relay --listen :443":             true,
		"send --timeout DURATION":         true,
		"send --nosuch a":                 false,
		"sned a":                          false,
		"send --limit-rate fast a":        false,
		"receive --words 3":               false,
		"receive --output":                true,
	} {
		if err := takes(strings.Fields(line)); (err == nil) != valid {
			t.Errorf("%s: %v", line, err)
		}
	}
}

// codeLines returns the lines of a page that are code: those of fenced and indented
// blocks, and what stands between backquotes. A line that ends in a backslash is
// joined with the next one.
func codeLines(page string) (lines []string) {
	fenced, joined := false, ""
	span := regexp.MustCompile("`([^`]+)`")
	for line := range strings.Lines(page) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case strings.HasPrefix(strings.TrimSpace(line), "```"):
			fenced = !fenced
		case fenced, strings.HasPrefix(line, "    "):
			if start, more := strings.CutSuffix(line, "\\"); more {
				joined += start
				continue
			}
			lines = append(lines, joined+line)
			joined = ""
		default:
			for _, m := range span.FindAllStringSubmatch(line, -1) {
				lines = append(lines, m[1])
			}
		}
	}
	return lines
}

// commands returns the arguments of each tallow in a line of a shell.
func commands(line string) (all [][]string) {
	for i := strings.Index(line, "$(tallow "); i >= 0; i = strings.Index(line, "$(tallow ") {
		length := strings.IndexByte(line[i:], ')')
		if length < 0 {
			break
		}
		all = append(all, commands(line[i+2:i+length])...)
		line = line[:i] + line[i+length+1:]
	}
	for _, words := range shellCommands(line) {
		for i := range len(words) - 1 {
			if runsTallow(words[:i+1]) {
				all = append(all, words[i+1:])
				break
			}
		}
	}
	return all
}

// runsTallow reports whether the last of some words of a command runs tallow, and is
// no value of a flag, and no word of a sentence.
func runsTallow(words []string) bool {
	last, before := words[len(words)-1], ""
	if len(words) > 1 {
		before = words[len(words)-2]
	}
	switch last {
	case "tallow", "./tallow":
		return !strings.HasPrefix(before, "-") && !slices.Contains([]string{"a", "another", "of", "the"}, before) || before == "-"
	case "./cmd/tallow":
		return before == "run"
	}
	return false
}

// shellCommands splits a line at what separates commands, and each at white space
// outside of quotes.
func shellCommands(line string) (all [][]string) {
	var words []string
	var word strings.Builder
	begun, quote := false, rune(0)
	endWord := func() {
		if begun {
			words = append(words, word.String())
		}
		word.Reset()
		begun = false
	}
	endCommand := func() {
		endWord()
		all = append(all, words)
		words = nil
	}
	for _, r := range line {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case r == '"' || r == '\'':
			quote, begun = r, true
		case r == '#' && !begun:
			endCommand()
			return all
		case strings.ContainsRune("|&;<>()…", r):
			endCommand()
		case r == ' ' || r == '\t':
			endWord()
		default:
			word.WriteRune(r)
			begun = true
		}
	}
	endCommand()
	return all
}

// takes returns why tallow would not take these arguments. A value in capitals
// stands for one, and [flags] and ... for whatever follows.
func takes(args []string) error {
	args = slices.DeleteFunc(slices.Clone(args), func(arg string) bool { return strings.HasPrefix(arg, "[") })
	root := newRoot(&program{getenv: func(string) string { return "" }})
	cmd, rest, err := root.Find(args)
	if err != nil {
		return err
	}
	if cmd == root && len(rest) > 0 && !strings.HasPrefix(rest[0], "-") {
		return noSuchCommand(root, rest)
	}
	err = cmd.ParseFlags(rest)
	var value *pflag.InvalidValueError
	var missing *pflag.ValueRequiredError
	if errors.As(err, &missing) || errors.Is(err, pflag.ErrHelp) {
		return nil // a flag that a sentence names
	}
	if errors.As(err, &value) && value.GetValue() == strings.ToUpper(value.GetValue()) && regexp.MustCompile(`^[A-Z]+$`).MatchString(value.GetValue()) {
		return nil
	}
	return err
}

// docs/troubleshooting.md has each exit code with each of its reasons.
func TestTroubleshooting(t *testing.T) {
	text := pages(t)["troubleshooting.md"]
	for _, kind := range kinds() {
		if heading := "\n## " + exitText(kind) + ": " + string(kind) + "\n"; !strings.Contains(text, heading) {
			t.Errorf("no heading %q", heading)
		}
	}
	known := make(map[string]bool)
	for _, reason := range reasons(t) {
		known[string(reason)] = true
	}
	row := regexp.MustCompile("(?m)^\\| ((?:`[a-z0-9-]+`(?:, )?)+) \\| ")
	told := make(map[string]bool)
	_, tables, _ := strings.Cut(text, "\n## 0: ")
	for _, m := range row.FindAllStringSubmatch(tables, -1) {
		for name := range strings.SplitSeq(m[1], ", ") {
			name = strings.Trim(name, "`")
			if !known[name] || told[name] {
				t.Errorf("%s is no reason, or is there twice", name)
			}
			told[name] = true
		}
	}
	for name := range known {
		if !told[name] {
			t.Errorf("the reason %s is not there", name)
		}
	}
}
