package settings

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/spf13/pflag"
)

// Setting is one entry of the table.
type Setting struct {
	// Name is that of the flag and of the key in the file: lower case, with dashes.
	Name string
	// Short is the flag's one letter; may be empty.
	Short string
	// Value points to where the value goes, and to the default before that: a
	// *string, *int, *bool, *time.Duration or *[]string, or a pflag.Value. With
	// FileOnly it is a pointer to anything that TOML can be decoded into.
	Value any
	// Help is what the flag's help says, with the name of the value in backticks.
	Help string
	// Secret keeps the value out of what is printed.
	Secret bool
	// FileOnly is for what is no single value, such as a table: there is neither a
	// flag nor a variable.
	FileOnly bool
}

func (s Setting) register(flags *pflag.FlagSet) {
	switch v := s.Value.(type) {
	case pflag.Value:
		flags.VarP(v, s.Name, s.Short, s.Help)
	case *string:
		flags.StringVarP(v, s.Name, s.Short, *v, s.Help)
	case *int:
		flags.IntVarP(v, s.Name, s.Short, *v, s.Help)
	case *bool:
		flags.BoolVarP(v, s.Name, s.Short, *v, s.Help)
	case *time.Duration:
		flags.DurationVarP(v, s.Name, s.Short, *v, s.Help)
	case *[]string:
		flags.StringSliceVarP(v, s.Name, s.Short, *v, s.Help)
	default:
		panic(fmt.Sprintf("setting %s: a flag cannot be a %T", s.Name, v))
	}
}

// fileType is the type that the value is decoded into.
func (s Setting) fileType() reflect.Type {
	switch s.Value.(type) {
	case pflag.Value, *time.Duration:
		return reflect.TypeFor[string]()
	}
	return reflect.TypeOf(s.Value).Elem()
}

// assign sets the value to one of its fileType.
func (s Setting) assign(value any) error {
	switch v := s.Value.(type) {
	case pflag.Value:
		return v.Set(value.(string))
	case *time.Duration:
		parsed, err := time.ParseDuration(value.(string))
		if err != nil {
			return err
		}
		*v = parsed
	default:
		reflect.ValueOf(s.Value).Elem().Set(reflect.ValueOf(value))
	}
	return nil
}

// printed is the value as it is written to a file.
func (s Setting) printed() any {
	switch v := s.Value.(type) {
	case pflag.Value:
		return v.String()
	case *time.Duration:
		return v.String()
	case *[]string:
		return append([]string{}, *v...) // not nil, which has no form
	}
	return reflect.ValueOf(s.Value).Elem().Interface()
}

// text is the value as a flag takes it.
func (s Setting) text() string {
	switch v := s.Value.(type) {
	case *[]string:
		return strings.Join(*v, ",")
	case *time.Duration:
		return shortTime(*v)
	}
	return fmt.Sprint(s.printed())
}

// parse returns what a flag's text is in a file. It changes the value.
func (s Setting) parse(flag *pflag.Flag, text string) (any, error) {
	if err := flag.Value.Set(text); err != nil {
		return nil, err
	}
	if s.fileType() == reflect.TypeFor[string]() {
		return text, nil // 500K stays 500K
	}
	return s.printed(), nil
}

// shortTime is a time without units that are zero at its end: 10m, not 10m0s.
func shortTime(d time.Duration) string {
	text := d.String()
	for _, zero := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(text, zero) {
			text = text[:len(text)-2]
		}
	}
	return text
}
