package ignore

import (
	"bytes"
	"strings"
)

// GitIgnore is the name of the files with patterns, and GitFolder that of what makes a
// folder the top of a work tree, which Git itself never lists.
const (
	GitIgnore = ".gitignore"
	GitFolder = ".git"
)

// Folder has the rules of Git that hold in one folder of a work tree. It is not
// changed after it was made.
type Folder struct {
	outer    *Folder
	path     string // from the top of the work tree, which is ""
	patterns []pattern
	fold     bool
}

// Repository returns the rules that hold in the top folder of a work tree. Exclude is
// the content of its .git/info/exclude, and ignore that of its .gitignore; either may
// be nil. With fold upper and lower case are the same, as with core.ignorecase.
func Repository(exclude, ignore []byte, fold bool) *Folder {
	outer := &Folder{patterns: parse(exclude, fold), fold: fold}
	return &Folder{outer: outer, patterns: parse(ignore, fold), fold: fold}
}

// Enter returns the rules that hold in a folder of this one that is not ignored.
// Ignore is the content of its .gitignore, or nil.
func (f *Folder) Enter(name string, ignore []byte) *Folder {
	return &Folder{outer: f, path: f.join(name), patterns: parse(ignore, f.fold), fold: f.fold}
}

// Ignored reports whether something in this folder is ignored, and by which pattern as
// it was written. Dir says that it is a folder; a symlink to one is none.
func (f *Folder) Ignored(name string, dir bool) (pattern string, ignored bool) {
	if name == GitFolder || f.fold && lower(name) == GitFolder {
		return GitFolder, true
	}
	path := f.join(name)
	if f.fold {
		path, name = lower(path), lower(name)
	}
	for ; f != nil; f = f.outer {
		inside := path
		if f.path != "" {
			inside = path[len(f.path)+1:]
		}
		for i := len(f.patterns) - 1; i >= 0; i-- {
			if p := &f.patterns[i]; p.matches(inside, name, dir) {
				return p.line, !p.negated
			}
		}
	}
	return "", false
}

func (f *Folder) join(name string) string {
	if f.path == "" {
		return name
	}
	return f.path + "/" + name
}

// pattern is one line of a .gitignore file.
type pattern struct {
	line     string // as it was written
	negated  bool
	dirOnly  bool
	nameOnly bool // the glob is for the last name of a path
	glob     glob
}

func (p *pattern) matches(inside, name string, dir bool) bool {
	switch {
	case p.dirOnly && !dir:
		return false
	case p.nameOnly:
		return p.glob.match(name)
	}
	return p.glob.match(inside)
}

var byteOrderMark = []byte("\xEF\xBB\xBF")

// parse parses a file of patterns. There are no errors: what is no pattern matches
// nothing, as with Git.
func parse(file []byte, fold bool) (all []pattern) {
	for line := range bytes.Lines(bytes.TrimPrefix(file, byteOrderMark)) {
		line = bytes.TrimSuffix(line, []byte("\n"))
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		line = bytes.TrimSuffix(line, []byte("\r"))
		line, _, _ = bytes.Cut(line, []byte{0}) // where a string of C ends
		if p, ok := parseLine(withoutTrailingSpaces(string(line)), fold); ok {
			all = append(all, p)
		}
	}
	return all
}

// parseLine parses one pattern. It returns false if the pattern matches nothing.
func parseLine(line string, fold bool) (pattern, bool) {
	p := pattern{line: line}
	rest := line
	rest, p.negated = strings.CutPrefix(rest, "!")
	rest, p.dirOnly = strings.CutSuffix(rest, "/")
	p.nameOnly = !strings.Contains(rest, "/")
	if rest == "" {
		return p, false
	}
	if !p.nameOnly {
		rest = strings.TrimPrefix(rest, "/")
	}
	compiler := &parser{git: true}
	if !p.nameOnly {
		// Git compares what is before the first special character by itself, and
		// the rest is a pattern of its own.
		n := strings.IndexAny(rest, `*?[\`)
		if n < 0 {
			n = len(rest)
		}
		compiler.literal(rest[:n], fold)
		rest = rest[n:]
	}
	var ok bool
	p.glob, ok = compiler.compile(rest, fold)
	return p, ok
}

// withoutTrailingSpaces cuts spaces off the end of a line, but none that a backslash
// is before.
func withoutTrailingSpaces(line string) string {
	end := 0
	for i := 0; i < len(line); i++ {
		switch line[i] {
		case ' ':
			continue
		case '\\':
			i++
		}
		end = min(i+1, len(line))
	}
	return line[:end]
}
