// Package settings gives a program settings by flags, the environment and a TOML
// file. One table says all about a setting: an entry is its flag, its variable and
// its key.
//
//	set := settings.New("TALLOW_RELAY_", table)
//	set.Register(cmd.Flags())
//	…the command line is parsed…
//	err := set.Load(file, os.Getenv)
//
// A flag comes before the environment, that before the file, and that before the
// default. Lists are replaced as a whole. Start with Setting (setting.go); file.go
// reads the file, print.go writes one, show.go says where values come from, and
// change.go changes one setting in a file that people have written.
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
	flags   *pflag.FlagSet // one for each setting that has a flag
	file    file
	sources map[string]Source
}

// New makes a set. The values of its settings are the defaults.
func New(prefix string, table []Setting) *Set {
	s := &Set{prefix: prefix, table: table, flags: pflag.NewFlagSet("", pflag.ContinueOnError), sources: make(map[string]Source)}
	for _, setting := range s.table {
		if !setting.FileOnly {
			setting.register(s.flags)
		}
	}
	return s
}

// Register adds the flags of the settings that are named to those of a command;
// without names all of them. Several commands can have the flag of one setting.
func (s *Set) Register(flags *pflag.FlagSet, names ...string) {
	if len(names) == 0 {
		names = s.Names()
	}
	for _, name := range names {
		flags.AddFlag(s.flags.Lookup(name))
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
	if s.sources[name] == File {
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
			s.sources[name] = Flag
			return nil
		}
		if value := getenv(s.Variable(name)); value != "" {
			s.sources[name] = Environment
			return s.flags.Lookup(name).Value.Set(value)
		}
	}
	if value, ok := s.file.values[name]; ok {
		s.sources[name] = File
		return setting.assign(value)
	}
	return nil
}

// Place says where a setting was made, in the words of that place: --ttl,
// TALLOW_RELAY_TTL, or "relay.toml, line 3: ttl". It is the flag if the setting was not
// made at all.
func (s *Set) Place(name string) string {
	switch s.sources[name] {
	case Environment:
		return s.Variable(name)
	case File:
		return s.file.place(s.file.lines[name]) + ": " + name
	}
	if i := s.index(name); i >= 0 && s.table[i].FileOnly {
		return name
	}
	return "--" + name
}

// Made reports whether a setting was made, by whatever means.
func (s *Set) Made(name string) bool { return s.sources[name] != Default }

func (s *Set) index(name string) int {
	return slices.IndexFunc(s.table, func(setting Setting) bool { return setting.Name == name })
}

// Flag returns the flag of a setting, or nil.
func (s *Set) Flag(name string) *pflag.Flag { return s.flags.Lookup(name) }
