// Package settings gives a program settings by flags, the environment and a TOML
// file, for a server whose operators have each their way of configuring it. One
// table says all about a setting: an entry is its flag, its variable and its key.
//
//	set := settings.New("TALLOW_RELAY_", table)
//	set.Register(cmd.Flags())
//	…the command line is parsed…
//	err := set.Load(file, os.Getenv)
//
// A flag comes before the environment, that before the file, and that before the
// default. Lists are replaced as a whole. Start with Setting (setting.go); file.go
// reads the file, print.go writes one.
package settings

import (
	"slices"
	"strings"

	"github.com/spf13/pflag"
)

// Set is a table of settings and where their values came from.
type Set struct {
	prefix  string // of the names of variables
	table   []Setting
	flags   *pflag.FlagSet
	file    file
	sources map[string]source
}

// source is a place where a setting can be made.
type source int

const (
	fromDefault source = iota
	fromFile
	fromEnvironment
	fromFlag
)

// New makes a set. The values of its settings are the defaults.
func New(prefix string, table []Setting) *Set {
	return &Set{prefix: prefix, table: table, sources: make(map[string]source)}
}

// Register adds the flags of the settings.
func (s *Set) Register(flags *pflag.FlagSet) {
	s.flags = flags
	for _, setting := range s.table {
		if !setting.FileOnly {
			setting.register(flags)
		}
	}
}

// Names returns the names of the settings that have a flag.
func (s *Set) Names() []string {
	var names []string
	for _, setting := range s.table {
		if !setting.FileOnly {
			names = append(names, setting.Name)
		}
	}
	return names
}

// Variable returns the name of the variable of a setting.
func (s *Set) Variable(name string) string {
	return s.prefix + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
}

// Load reads the file, unless its name is empty, and the environment, in which an
// empty variable counts as none. The command line has been parsed. Errors are
// *Error.
func (s *Set) Load(file string, getenv func(string) string) error {
	var err error
	if s.file, err = s.readFile(file); err != nil {
		return err
	}
	for _, setting := range s.table {
		if err := s.load(setting, getenv); err != nil {
			return s.badValue(setting.Name, err)
		}
	}
	return nil
}

func (s *Set) badValue(name string, err error) error {
	e := &Error{Place: s.Variable(name), Name: name, Problem: BadValue, Err: err}
	if s.sources[name] == fromFile {
		e.Line = s.file.lines[name]
		e.Place = s.file.place(e.Line)
	}
	return e
}

// load takes one setting from the first place that has it.
func (s *Set) load(setting Setting, getenv func(string) string) error {
	name := setting.Name
	if !setting.FileOnly {
		if s.flags.Changed(name) {
			s.sources[name] = fromFlag
			return nil
		}
		if value := getenv(s.Variable(name)); value != "" {
			s.sources[name] = fromEnvironment
			return s.flags.Lookup(name).Value.Set(value)
		}
	}
	if value, ok := s.file.values[name]; ok {
		s.sources[name] = fromFile
		return setting.assign(value)
	}
	return nil
}

// Place says where a setting was made, in the words of that place: --ttl,
// TALLOW_RELAY_TTL, or "relay.toml, line 3: ttl". It is the flag if the setting was not
// made at all.
func (s *Set) Place(name string) string {
	switch s.sources[name] {
	case fromEnvironment:
		return s.Variable(name)
	case fromFile:
		return s.file.place(s.file.lines[name]) + ": " + name
	}
	if i := s.index(name); i >= 0 && s.table[i].FileOnly {
		return name
	}
	return "--" + name
}

// Made reports whether a setting was made, by whatever means.
func (s *Set) Made(name string) bool { return s.sources[name] != fromDefault }

func (s *Set) index(name string) int {
	return slices.IndexFunc(s.table, func(setting Setting) bool { return setting.Name == name })
}
