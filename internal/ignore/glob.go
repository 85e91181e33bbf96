package ignore

import (
	"strings"
	"unicode/utf8"
)

// glob is a compiled pattern for a path. A star stands for any characters of one
// name, a question mark for one, brackets for one of a class, and a backslash makes
// the next character an ordinary one. Two stars that are a whole name, as in "**/a",
// "a/**/b" and "a/**", stand for any number of folders.
type glob struct {
	steps []step
	fold  bool // upper and lower case of ASCII are the same
	bytes bool // a character is a byte, as for Git, and not one of UTF-8
}

// step is what a part of a glob matches.
type step struct {
	kind stepKind
	text string // with stepText
	set  *class // with stepClass
}

type stepKind uint8

const (
	stepText    stepKind = iota // exactly the text
	stepOne                     // one character but a slash
	stepClass                   // one character of the class
	stepStar                    // any characters but a slash
	stepAll                     // any characters
	stepFolders                 // nothing, or whatever ends in a slash
)

// parser compiles a glob.
type parser struct {
	git   bool // as Git does it
	steps []step
	text  strings.Builder // ordinary characters that are not in steps yet
}

// compile compiles a pattern. It returns false if the pattern matches nothing: its
// last character is a backslash that escapes nothing, or a class has no end or an
// unknown name.
func (p *parser) compile(s string, fold bool) (glob, bool) {
	for at := 0; at < len(s); {
		_, size := p.escaped(s[at:])
		switch s[at] {
		case '*':
			size = p.stars(s, at)
		case '?':
			p.add(step{kind: stepOne})
		case '[':
			set, n := p.parseClass(s[at+1:])
			if n == 0 {
				return glob{}, false
			}
			p.add(step{kind: stepClass, set: set})
			size = 1 + n
		default:
			if size == 0 {
				return glob{}, false
			}
			p.literal(strings.TrimPrefix(s[at:at+size], `\`), fold)
		}
		at += size
	}
	p.flush()
	return glob{steps: p.steps, fold: fold, bytes: p.git}, true
}

// stars adds the stars at a place of a pattern and returns how many bytes they take,
// with the slash behind them if it belongs to them.
func (p *parser) stars(s string, at int) int {
	end := at
	for end < len(s) && s[end] == '*' {
		end++
	}
	whole := end-at > 1 && (at == 0 || s[at-1] == '/')
	switch rest := s[end:]; {
	case whole && rest == "":
		p.add(step{kind: stepAll})
	case whole && rest[0] == '/':
		p.add(step{kind: stepFolders})
		end++
	case whole && strings.HasPrefix(rest, `\/`):
		p.add(step{kind: stepAll})
	default:
		p.add(step{kind: stepStar})
	}
	return end - at
}

// literal adds ordinary characters.
func (p *parser) literal(s string, fold bool) {
	if fold {
		s = lower(s)
	}
	p.text.WriteString(s)
}

func (p *parser) add(s step) {
	p.flush()
	p.steps = append(p.steps, s)
}

func (p *parser) flush() {
	if p.text.Len() > 0 {
		p.steps = append(p.steps, step{kind: stepText, text: p.text.String()})
		p.text.Reset()
	}
}

// character decodes the first character of s, which is not empty.
func (p *parser) character(s string) (rune, int) { return firstRune(s, p.git) }

// escaped decodes the first character of s, without the backslash before it. The size
// is 0 if the backslash is all that there is.
func (p *parser) escaped(s string) (rune, int) {
	if s[0] != '\\' {
		return p.character(s)
	}
	if len(s) == 1 {
		return 0, 0
	}
	c, size := p.character(s[1:])
	return c, 1 + size
}

func firstRune(s string, bytes bool) (rune, int) {
	if bytes || s[0] < utf8.RuneSelf {
		return rune(s[0]), 1
	}
	return utf8.DecodeRuneInString(s)
}

// lower returns s with the letters of ASCII in lower case.
func lower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c - 'A' + 'a'
		}
	}
	return string(b)
}
