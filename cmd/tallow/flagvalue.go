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
	value := f.Value
	if v, ok := value.(namedValue); ok {
		value = v.Value
	}
	switch value.Type() {
	case "int":
		return "a number"
	case "duration":
		return "a time such as 30s, 10m or 2h"
	case "rate":
		return "bytes a second such as 500K, 1.5M or 1G"
	case "bool":
		return "true or false"
	}
	return "a " + value.Type()
}
