package settings

// Source is a kind of place where a setting can be made.
type Source int

// The sources, each before those above it.
const (
	Default Source = iota
	File
	Environment
	Flag
)

func (s Source) String() string {
	switch s {
	case File:
		return "file"
	case Environment:
		return "environment"
	case Flag:
		return "flag"
	}
	return "default"
}

// Value is a setting as it is shown to people.
type Value struct {
	Name   string
	Text   string // as a flag takes it; empty if Secret
	Source Source
	Place  string // where it was made, see Set.Place; "" if it is the default
	Secret bool
}

// Values returns the settings that have a flag, in the order of the table.
func (s *Set) Values() []Value {
	var values []Value
	for _, setting := range s.table {
		if setting.FileOnly {
			continue
		}
		v := Value{Name: setting.Name, Source: s.Source(setting.Name), Secret: setting.Secret}
		if v.Source != Default {
			v.Place = s.Place(v.Name)
		}
		if !v.Secret {
			v.Text = setting.text()
		}
		values = append(values, v)
	}
	return values
}

// Source says where a setting was made.
func (s *Set) Source(name string) Source { return s.sources[name] }
