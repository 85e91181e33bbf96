package ignore

import (
	"errors"
	"strings"
	"testing"
)

// list makes rules of a text such as "+ *.jpg, - *".
func list(text string) (all []Rule) {
	for one := range strings.SplitSeq(text, ", ") {
		all = append(all, Rule{Include: one[0] == '+', Pattern: one[2:]})
	}
	return all
}

func TestRules(t *testing.T) {
	for _, c := range []struct {
		rules, path string
		want        Verdict
	}{
		{"- *.o", "top/a.o", Excluded},
		{"- *.o", "a.o", Excluded},
		{"- *.o", "top/a.o/b", Unmatched}, // the walk does not get there
		{"- *.o", "top/a.c", Unmatched},
		{"- node_modules", "top/x/node_modules/", Excluded},
		{"- x/b", "top/x/b", Excluded},
		{"- x/b", "top/y/x/b", Excluded},
		{"- x/b", "top/yx/b", Unmatched},
		{"- top/x", "top/x", Excluded},
		{"- /x", "top/x", Excluded},
		{"- /x", "top/y/x", Unmatched},
		{"- /x", "x", Unmatched}, // what a person named is not inside of it
		{"- /**/x", "top/y/x", Excluded},
		{"- x/", "top/x/", Excluded},
		{"- x/", "top/x", Unmatched},
		{"- x/**", "top/x/y/z", Excluded},
		{"- x/**", "top/x/", Unmatched},
		{"- x/*", "top/x/y/z", Unmatched},
		{"- *", "top/x", Excluded},
		{"- ?.txt", "top/é.txt", Excluded}, // a character, not a byte
		{"- [é-ü].txt", "top/ö.txt", Excluded},
		{"- \xff*", "top/\xffa", Excluded},
		{`- \*`, "top/*", Excluded},
		{`- \*`, "top/a", Unmatched},
		{`- #a`, "top/#a", Excluded},
		{`- !a`, "top/!a", Excluded},
		{"+ keep.log, - *.log", "top/keep.log", Included},
		{"+ keep.log, - *.log", "top/other.log", Excluded},
		{"- *.log, + keep.log", "top/keep.log", Excluded}, // the first one decides
		{"- A", "top/a", Unmatched},
	} {
		rs, err := NewRules(list(c.rules), false)
		if err != nil {
			t.Fatal(err)
		}
		path, dir := strings.CutSuffix(c.path, "/")
		if got, _ := rs.Match(path, dir); got != c.want {
			t.Errorf("%s: %s is %d, not %d", c.rules, c.path, got, c.want)
		}
	}
}

func TestRulesFold(t *testing.T) {
	rs, err := NewRules(list("- A[BC]*.Txt"), true)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{"top/abx.TXT", "top/ACX.txt", "top/Ab.txt"} {
		if got, _ := rs.Match(p, false); got != Excluded {
			t.Errorf("%s is not excluded", p)
		}
	}
}

func TestSelects(t *testing.T) {
	for text, want := range map[string]bool{"+ a": true, "- a": false, "+ a, - b": false, "- a, + b": true} {
		if rs, err := NewRules(list(text), false); err != nil || rs.Selects() != want {
			t.Errorf("%s: %v, %v", text, rs.Selects(), err)
		}
	}
	if rs, err := NewRules(nil, false); err != nil || rs.Selects() {
		t.Errorf("no rules: %v, %v", rs.Selects(), err)
	}
}

func TestMalformedRules(t *testing.T) {
	for text, want := range map[string]Fault{
		"": FaultEmpty, "/": FaultEmpty, "//": FaultEmpty, "a//b": FaultSlashes, "./a": FaultDots, "a/../b": FaultDots, "..": FaultDots,
		"[a": FaultMalformed, "a\\": FaultMalformed, "[[:bogus:]]": FaultMalformed,
	} {
		_, err := NewRules([]Rule{{Pattern: text}}, false)
		var bad *PatternError
		if !errors.As(err, &bad) || bad.Fault != want || bad.Pattern != text {
			t.Errorf("%q: %v, not %s", text, err, want)
		}
	}
}

// A pattern that would take exponential time in a recursive matcher takes little.
func TestHostilePattern(t *testing.T) {
	text := strings.Repeat("a*", 200) + "b/" + strings.Repeat("**/*a*/", 200) + "b"
	path := strings.Repeat("a", 2000) + strings.Repeat("/a", 1000)
	rs, err := NewRules([]Rule{{Pattern: text}}, false)
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := rs.Match(path, false); got != Unmatched {
		t.Error("it matches")
	}
}

// Whatever is in a .gitignore file, and whatever is given as a pattern, is read
// without harm; and an exact name ignores exactly itself.
func FuzzPatterns(f *testing.F) {
	f.Add("*.o\n!keep.o\n/build/\n", "build/a.o")
	f.Add("\xEF\xBB\xBFa\\ \r\n**/b/**\n[[:alpha:]-", "a /x/b/c")
	f.Add("[!a-z]\\", "\xff")
	f.Fuzz(func(t *testing.T, text, path string) {
		text, path = text[:min(len(text), 500)], path[:min(len(path), 100)]
		for _, fold := range []bool{false, true} {
			folder := Repository([]byte(text), []byte(text), fold)
			names := strings.Split(path, "/")
			for _, name := range names {
				folder.Ignored(name, false)
				folder = folder.Enter(name, []byte(text))
			}
			if rs, err := NewRules([]Rule{{Pattern: text}}, fold); err == nil {
				rs.Match(path, true)
			}
		}
		name := strings.NewReplacer("/", "", "\n", "", "\r", "", "\x00", "").Replace(path)
		if name == "" || name == GitFolder {
			return
		}
		line := strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`, " ", `\ `, "!", `\!`, "#", `\#`).Replace(name)
		folder := Repository(nil, []byte(line), false)
		if _, ignored := folder.Ignored(name, false); !ignored && !strings.HasPrefix(name, "\xEF\xBB\xBF") {
			t.Errorf("%q does not ignore %q", line, name)
		}
		if _, ignored := folder.Ignored(name+"x", false); ignored {
			t.Errorf("%q ignores %q", line, name+"x")
		}
	})
}
