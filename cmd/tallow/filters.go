package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tallow-transfer/tallow/pkg/tallow"
)

// filters are the flags that select what of the paths is sent, in the order in which
// they are given.
type filters struct {
	given     []filter
	gitIgnore bool
}

// filter is a flag as it was given.
type filter struct{ flag, value string }

const (
	includeFlag     = "include"
	excludeFlag     = "exclude"
	excludeFromFlag = "exclude-from"
)

func (f *filters) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.Var(filterValue{f, excludeFlag}, excludeFlag, "leave out what the `GLOB` matches, such as *.o, node_modules/ or /build; of several, the first that matches decides")
	flags.Var(filterValue{f, includeFlag}, includeFlag, "send what the `GLOB` matches; if it is the last of these flags, nothing else")
	flags.Var(filterValue{f, excludeFromFlag}, excludeFromFlag, "a `FILE` with a pattern for --exclude on each line")
	flags.BoolVar(&f.gitIgnore, "gitignore", false, "leave out .git and what Git ignores")
	completeFlag(cmd, excludeFlag, noCompletion)
	completeFlag(cmd, includeFlag, noCompletion)
}

// filterValue is the value of a flag that adds to filters.
type filterValue struct {
	all  *filters
	flag string
}

func (v filterValue) Set(s string) error {
	v.all.given = append(v.all.given, filter{v.flag, s})
	return nil
}

func (v filterValue) String() string { return "" }
func (v filterValue) Type() string   { return "string" }

// rules returns the rules of all flags. It reads the files.
func (f *filters) rules() (all []tallow.Rule, err error) {
	for _, given := range f.given {
		if given.flag != excludeFromFlag {
			all = append(all, tallow.Rule{Include: given.flag == includeFlag, Pattern: given.value})
			continue
		}
		patterns, err := readPatterns(given.value)
		if err != nil {
			return nil, err
		}
		for _, p := range patterns {
			all = append(all, tallow.Rule{Pattern: p})
		}
	}
	return all, nil
}

// maxPatterns bounds a file of patterns, in bytes.
const maxPatterns = 4 << 20

// readPatterns reads the patterns of a file.
func readPatterns(path string) ([]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, usage("Check the path.", "the file of --exclude-from cannot be read: %s: %s", visible(path), cause(err))
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxPatterns+1))
	switch {
	case err != nil:
		return nil, usage("Check the path.", "the file of --exclude-from cannot be read: %s: %s", visible(path), cause(err))
	case len(text) > maxPatterns:
		return nil, usage("Check the path.", "the file of --exclude-from is over 4 MiB: %s", visible(path))
	}
	patterns, err := parsePatterns(string(text))
	if err != nil {
		return nil, usage("A line is a pattern alone, or empty, or begins with #. To include, give --include before --exclude-from. A backslash before its first character makes the line a pattern.",
			"%s: %s", visible(path), err)
	}
	return patterns, nil
}

// parsePatterns reads one pattern from each line that is neither empty nor begins with
// #. The signs with which other programs include in such a file are errors, since they
// would mean something else here.
func parsePatterns(text string) (patterns []string, err error) {
	number := 0
	for line := range strings.Lines(strings.TrimPrefix(text, "\uFEFF")) {
		number++
		line = strings.TrimRight(line, "\r\n")
		trimmed := strings.TrimRight(line, " \t")
		if strings.HasSuffix(trimmed, `\`) && len(trimmed) < len(line) {
			trimmed = line[:len(trimmed)+1] // a space that a backslash is before
		}
		switch {
		case trimmed == "" || trimmed[0] == '#':
		case trimmed[0] == '!' || strings.HasPrefix(trimmed, "+ ") || strings.HasPrefix(trimmed, "- "):
			return nil, fmt.Errorf("line %d begins with %c, which is not for --exclude-from", number, trimmed[0])
		default:
			patterns = append(patterns, trimmed)
		}
	}
	return patterns, nil
}
