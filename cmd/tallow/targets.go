package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tallow-transfer/tallow/internal/devices"
)

// targets is the value of --to: names of devices, and of groups with a mark before them,
// separated by commas, each once.
type targets []string

// Set adds what one --to names.
func (t *targets) Set(text string) error {
	for name := range strings.SplitSeq(text, ",") {
		if name = strings.TrimSpace(name); !slices.Contains(*t, name) {
			*t = append(*t, name)
		}
	}
	return nil
}

// String returns the names as they can be written.
func (t *targets) String() string { return strings.Join(*t, ",") }

// Type returns the type of the value, for the help.
func (t *targets) Type() string { return "devices" }

// several reports whether there may be more than one device.
func (t targets) several() bool {
	return len(t) > 1 || len(t) == 1 && strings.HasPrefix(t[0], devices.GroupMark)
}

// check rejects names that are missing.
func (t targets) check() error {
	for _, name := range t {
		if strings.TrimPrefix(name, devices.GroupMark) == "" {
			return usage("As in: --to laptop, --to laptop,phone or --to @work", "--to lacks the name of a device")
		}
	}
	return nil
}

// completeTargets completes the last name of --to: a device, or a group.
func (p *program) completeTargets(cmd *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
	before := typed[:strings.LastIndex(typed, ",")+1]
	taken := strings.Split(before, ",")
	all, _ := p.allDevices(cmd.Context()) // who completes cannot be told of an error
	groups, _ := p.allGroups(cmd.Context())
	var names []string
	for _, d := range all {
		names = append(names, d.Name)
	}
	for _, g := range groups {
		names = append(names, devices.GroupMark+g.Name)
	}
	var completed []string
	for _, name := range names {
		if !slices.Contains(taken, name) {
			completed = append(completed, before+name)
		}
	}
	return completed, cobra.ShellCompDirectiveNoFileComp
}
