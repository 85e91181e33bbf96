package main

import (
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// namedValue is the value of a flag with the name that the help has for it.
type namedValue struct {
	pflag.Value
	name string
}

func (v namedValue) Type() string { return v.name }

// nameValues takes the backticks off the descriptions of all flags, where they mark
// the name of the value. The help takes them off, but completion does not.
func nameValues(cmd *cobra.Command) {
	name := func(f *pflag.Flag) {
		if value, usage := pflag.UnquoteUsage(f); usage != f.Usage {
			f.Value, f.Usage = namedValue{f.Value, value}, usage
			if f.DefValue == "[]" {
				f.DefValue = "" // an empty list is no default to show
			}
		}
	}
	cmd.Flags().VisitAll(name)
	cmd.PersistentFlags().VisitAll(name)
	for _, verb := range cmd.Commands() {
		nameValues(verb)
	}
}

// valueText is what a flag takes.
func valueText(f *pflag.Flag) string {
	kind := kindOf(f)
	switch kind {
	case "int":
		return "a number"
	case "duration":
		return "a time such as 30s, 10m or 2h"
	case "rate":
		return "bytes a second such as 500K, 1.5M or 1G"
	case "size":
		return "bytes such as 500MB or 2GiB"
	case "age":
		return "an age such as 30d, 2w or 12h"
	case "lifetime":
		return "a time such as 30m, 12h or 7d"
	case "moment":
		return "a day such as 2026-01-31, a time as in RFC 3339, or an age such as 7d or 12h"
	case "bool":
		return "true or false"
	case "stringSlice":
		return "a list, separated by commas"
	}
	return "a " + kind
}

// fileText is what the setting of a flag takes in a file.
func fileText(f *pflag.Flag) string {
	switch kindOf(f) {
	case "int", "bool":
		return valueText(f)
	case "stringSlice":
		return `a list such as ["a", "b"]`
	case "string":
		return "a string in quotes"
	}
	return valueText(f) + ", in quotes"
}

// kindOf is the type of a flag's value.
func kindOf(f *pflag.Flag) string {
	if v, ok := f.Value.(namedValue); ok {
		return v.Value.Type()
	}
	return f.Value.Type()
}
