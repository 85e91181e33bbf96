package ignore

import (
	"fmt"
	"slices"
	"strings"
)

// Rule is one pattern to include or to exclude.
type Rule struct {
	Include bool
	Pattern string
}

// Rules are an ordered list of patterns. They are not changed after they were made.
//
// The first rule that matches a path decides. A path that no rule matches is included
// if the last rule excludes, and excluded if the last rule includes.
type Rules struct{ rules []rule }

// rule is a compiled Rule.
type rule struct {
	Rule
	glob     glob
	anchored bool // the glob is for the path inside of what was named
	dirOnly  bool
}

// Verdict is what rules say of a path.
type Verdict uint8

// The verdicts.
const (
	Unmatched Verdict = iota
	Included
	Excluded
)

// PatternError is the error of a pattern that can match nothing.
type PatternError struct {
	Pattern string
	Fault   Fault
}

func (e *PatternError) Error() string { return fmt.Sprintf("the pattern %q: %s", e.Pattern, e.Fault) }

// Fault is what is wrong with a pattern.
type Fault string

// The faults.
const (
	FaultEmpty     Fault = "it is empty"
	FaultMalformed Fault = "it has a [ without ], an unknown [:class:], or ends in a backslash"
	FaultDots      Fault = "it has . or .. for a name"
	FaultSlashes   Fault = "it has // in it"
)

// NewRules compiles rules. With fold upper and lower case of ASCII are the same. The
// error is a *PatternError.
func NewRules(all []Rule, fold bool) (*Rules, error) {
	rs := &Rules{}
	for _, r := range all {
		compiled, fault := compileRule(r, fold)
		if fault != "" {
			return nil, &PatternError{Pattern: r.Pattern, Fault: fault}
		}
		rs.rules = append(rs.rules, compiled)
	}
	return rs, nil
}

func compileRule(given Rule, fold bool) (r rule, fault Fault) {
	r.Rule = given
	text := given.Pattern
	text, r.dirOnly = strings.CutSuffix(text, "/")
	text, r.anchored = strings.CutPrefix(text, "/")
	names := strings.Split(text, "/")
	switch {
	case text == "":
		return r, FaultEmpty
	case slices.Contains(names, ""):
		return r, FaultSlashes
	case slices.Contains(names, ".") || slices.Contains(names, ".."):
		return r, FaultDots
	}
	if !r.anchored {
		text = "**/" + text
	}
	var ok bool
	if r.glob, ok = (&parser{}).compile(text, fold); !ok {
		return r, FaultMalformed
	}
	return r, ""
}

// Match says what the rules say of a path, and which rule does. The path begins with
// the name of what a person named; a pattern that begins with a slash is for what
// comes after that. Dir says that it is a folder.
func (rs *Rules) Match(path string, dir bool) (Verdict, Rule) {
	if len(rs.rules) > 0 && rs.rules[0].glob.fold {
		path = lower(path)
	}
	_, inside, below := strings.Cut(path, "/")
	for i := range rs.rules {
		r := &rs.rules[i]
		switch {
		case r.dirOnly && !dir, r.anchored && !below:
			continue
		case r.anchored && r.glob.match(inside), !r.anchored && r.glob.match(path):
			if r.Include {
				return Included, r.Rule
			}
			return Excluded, r.Rule
		}
	}
	return Unmatched, Rule{}
}

// Selects reports whether the rules name what is to be included: what no rule matches
// is excluded then.
func (rs *Rules) Selects() bool { return len(rs.rules) > 0 && rs.rules[len(rs.rules)-1].Include }
