package settings

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"reflect"
	"slices"
	"unicode/utf8"

	"github.com/pelletier/go-toml/v2"
)

// errChanged is the error of a change that would do more than it should.
var errChanged = errors.New("it is written in a way that cannot be changed here; use an editor")

// errNotText is the error of a value that TOML has no form for.
var errNotText = errors.New("it is not valid UTF-8")

// Change makes a setting in a file, with a text as its flag takes it. Everything
// else in the file stays as it is, with its comments and its order. A file that does
// not exist is made.
//
// Nothing is written if the file cannot be parsed, the text cannot be the setting's
// value, or check, which sees the values that the file then gives, has an error.
// The set must be a fresh one. Other errors than check's are *Error, or those of the
// file system.
func (s *Set) Change(file, name, text string, check func() error) error {
	at := s.index(name)
	if at < 0 || s.table[at].FileOnly {
		return &Error{Place: file, Name: name, Nearest: s.Nearest(name), Problem: Unknown, Err: errors.New("there is no such setting")}
	}
	value, err := s.table[at].parse(s.flags.Lookup(name), text)
	if err == nil && !utf8.ValidString(text) {
		err = errNotText
	}
	if err != nil {
		return &Error{Name: name, Problem: BadValue, Err: err}
	}
	line, err := toml.Marshal(map[string]any{name: value})
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return s.rewrite(file, name, value, bytes.TrimSpace(line), check)
}

// Remove takes a setting out of a file, and reports whether it was there. Otherwise
// it is like Change.
func (s *Set) Remove(file, name string, check func() error) (was bool, err error) {
	if s.index(name) < 0 {
		return false, &Error{Place: file, Name: name, Nearest: s.Nearest(name), Problem: Unknown, Err: errors.New("there is no such setting")}
	}
	before, err := s.read(file)
	if err != nil || before.lines[name] == 0 {
		return false, err
	}
	return true, s.rewrite(file, name, nil, nil, check)
}

// content is a file with its bytes.
type content struct {
	file
	bytes []byte
	mode  fs.FileMode // 0: the file does not exist
}

// read reads a file that may not exist.
func (s *Set) read(name string) (c content, err error) {
	c.bytes, c.mode, err = readExisting(name)
	if err != nil {
		return c, &Error{Place: name, Problem: Unreadable, Err: err}
	}
	c.file, err = s.parseFile(name, c.bytes)
	return c, err
}

// rewrite replaces the line of a setting in a file, which makes it the value; an empty
// line takes it out.
func (s *Set) rewrite(name, setting string, value any, line []byte, check func() error) error {
	before, err := s.read(name)
	if err != nil {
		return err
	}
	changed := replace(before.bytes, before.lines[setting], line)
	if s.file, err = s.parseFile(name, changed); err != nil {
		return err
	}
	if !sameExcept(before.values, s.file.values, setting) || !reflect.DeepEqual(s.file.values[setting], value) {
		return &Error{Place: name, Name: setting, Problem: BadSyntax, Err: errChanged}
	}
	mode := before.mode
	for _, entry := range s.table {
		value, ok := s.file.values[entry.Name]
		if !ok {
			continue
		}
		s.sources[entry.Name] = File
		if err := entry.assign(value); err != nil {
			return s.badValue(entry.Name, err)
		}
		if entry.Secret {
			mode &= ownerOnly
		}
	}
	if err := check(); err != nil {
		return err
	}
	return replaceFile(name, changed, mode)
}

// sameExcept reports whether two files make the same settings, apart from one.
func sameExcept(a, b map[string]any, name string) bool {
	a, b = maps.Clone(a), maps.Clone(b)
	delete(a, name)
	delete(b, name)
	return reflect.DeepEqual(a, b)
}

// replace replaces the key at a line of a valid file, counted from 1, and its value,
// which may go over several lines. What is before the key and behind the value on
// their lines stays. Without a line, 0, it is added at the end.
func replace(content []byte, at int, with []byte) []byte {
	rows := bytes.SplitAfter(content, []byte("\n"))
	if at == 0 {
		if n := len(content); n > 0 && content[n-1] != '\n' {
			content = append(slices.Clone(content), '\n')
		}
		return slices.Concat(content, with, []byte("\n"))
	}
	before, rest := rows[:at-1], rows[at-1:]
	n := 1
	for n < len(rest) && !isTOML(bytes.Join(rest[:n], nil)) {
		n++
	}
	old, after := bytes.Join(rest[:n], nil), rest[n:]
	if len(with) > 0 {
		indent := old[:len(old)-len(bytes.TrimLeft(old, " \t"))]
		with = slices.Concat(indent, with, trailing(old))
	}
	return slices.Concat(bytes.Join(before, nil), with, bytes.Join(after, nil))
}

// trailing is what is behind the value of a key: a comment, with the space before it,
// and the end of the line.
func trailing(old []byte) []byte {
	end := len(bytes.TrimRight(old, "\r\n"))
	for at := bytes.LastIndexByte(old[:end], '\n') + 1; at < end; at++ {
		if old[at] == '#' && isTOML(old[:at]) {
			end = at
			break
		}
	}
	return old[len(bytes.TrimRight(old[:end], " \t\r\n")):]
}

// isTOML reports whether something is a whole TOML file by itself.
func isTOML(content []byte) bool {
	var anything map[string]any
	return toml.Unmarshal(content, &anything) == nil
}
