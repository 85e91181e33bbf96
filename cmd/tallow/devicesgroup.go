package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tallow-transfer/tallow/internal/devices"
)

func newDevicesGroup(p *program) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "group",
		Short: "List the groups of devices, and change them",
		Long: `List the groups of devices, and change them. A group is a name for several
devices: tallow send --to @NAME sends to each of them. Only this machine knows
of it.`,
		Example: `  tallow devices group
  tallow devices group add work laptop tower
  tallow send --to @work report.pdf
  tallow devices group remove work tower`,
		Args:              noArguments,
		ValidArgsFunction: noCompletion,
		RunE:              func(cmd *cobra.Command, _ []string) error { return p.listGroups(cmd.Context()) },
	}
	list := &cobra.Command{
		Use:               "list",
		Short:             "List the groups, as group does by itself",
		Example:           "  tallow devices group list\n  tallow devices group list --json",
		Args:              noArguments,
		ValidArgsFunction: noCompletion,
		RunE:              func(cmd *cobra.Command, _ []string) error { return p.listGroups(cmd.Context()) },
	}
	add := &cobra.Command{
		Use:   "add NAME DEVICE...",
		Short: "Add devices to a group",
		Long:  `Add devices to a group. If there is none of that name, it is made.`,
		Example: `  tallow devices group add work laptop tower
  tallow devices group add work phone`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) < 2 {
				return usage("As in: tallow devices group add work laptop tower", "name the group, and the devices to add")
			}
			return nil
		},
		ValidArgsFunction: p.completeGroup,
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.changeGroup(cmd.Context(), args, (*devices.Store).AddToGroup)
		},
	}
	remove := &cobra.Command{
		Use:   "remove NAME [DEVICE...]",
		Short: "Remove devices from a group, or the group",
		Long: `Remove devices from a group. Without a DEVICE the group itself is removed. Its
devices stay paired.`,
		Example: `  tallow devices group remove work tower
  tallow devices group remove work             the group itself`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage("As in: tallow devices group remove work", "name the group")
			}
			return nil
		},
		ValidArgsFunction: p.completeGroup,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				return p.removeGroup(cmd.Context(), groupName(args[0]))
			}
			return p.changeGroup(cmd.Context(), args, (*devices.Store).RemoveFromGroup)
		},
	}
	cmd.AddCommand(list, add, remove)
	return cmd
}

// groupName is the name of a group, which may be written as --to has it.
func groupName(arg string) string { return strings.TrimPrefix(arg, devices.GroupMark) }

// listGroups lists the groups.
func (p *program) listGroups(ctx context.Context) error {
	all, err := p.allGroups(ctx)
	if err != nil {
		return err
	}
	if p.json {
		for _, g := range all {
			if err := p.writeEvent(newGroupEvent(g)); err != nil {
				return err
			}
		}
		return nil
	}
	if len(all) == 0 {
		newScreen(p).say("There are no groups. To make one: tallow devices group add NAME DEVICE...")
		return nil
	}
	return p.table(func(w io.Writer) {
		fmt.Fprintln(w, "GROUP\tDEVICES")
		for _, g := range all {
			fmt.Fprintf(w, "%s\t%s\n", g.Name, membersText(g))
		}
	})
}

func membersText(g devices.Group) string {
	if len(g.Devices) == 0 {
		return "none"
	}
	return strings.Join(g.Devices, ", ")
}

// changeGroup adds devices to a group, or removes them from it, and says what it has then.
func (p *program) changeGroup(ctx context.Context, args []string, change func(*devices.Store, context.Context, string, ...string) (devices.Group, error)) error {
	var g devices.Group
	err := p.withDevices(ctx, func(s *devices.Store) (err error) {
		g, err = change(s, ctx, groupName(args[0]), args[1:]...)
		return err
	})
	if err != nil {
		return err
	}
	if p.json {
		return p.writeEvent(newGroupEvent(g))
	}
	newScreen(p).say("The group %s has: %s.", g.Name, membersText(g))
	return nil
}

// removeGroup forgets a group.
func (p *program) removeGroup(ctx context.Context, name string) error {
	if err := p.withDevices(ctx, func(s *devices.Store) error { return s.RemoveGroup(ctx, name) }); err != nil {
		return err
	}
	if p.json {
		return p.writeEvent(struct {
			Event string `json:"event"`
			Name  string `json:"name"`
		}{"group-removed", name})
	}
	newScreen(p).say("Removed the group %s. Its devices stay paired.", name)
	return nil
}

// groupEvent is a group for programs.
type groupEvent struct {
	Event   string   `json:"event"`
	Name    string   `json:"name"`
	Devices []string `json:"devices"`
}

func newGroupEvent(g devices.Group) groupEvent {
	return groupEvent{"group", g.Name, append([]string{}, g.Devices...)}
}

// groupFailure says which of several names is wrong.
func groupFailure(e *devices.NameError) error {
	const list, groups = "tallow devices lists them.", "tallow devices group lists them."
	name := visible(e.Name)
	switch {
	case errors.Is(e, devices.ErrNoGroup):
		return usage(groups+" To make one: tallow devices group add NAME DEVICE...", "no group has the name %s", name)
	case errors.Is(e, devices.ErrEmptyGroup):
		return usage("To add one: tallow devices group add "+name+" DEVICE", "the group %s has no devices", name)
	case errors.Is(e, devices.ErrNotInGroup):
		return usage(groups, "the device %s is not in that group", name)
	case errors.Is(e, devices.ErrMoved):
		return usage(movedHint, "the device %s was exported for another machine", name)
	}
	return usage(list+" To add one: tallow devices pair", "no device has the name %s", name)
}

// completeGroup completes the name of a group, and then those of devices.
func (p *program) completeGroup(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return p.completeDevices(cmd, nil, typed)
	}
	all, _ := p.allGroups(cmd.Context()) // who completes cannot be told of an error
	var names []string
	for _, g := range all {
		names = append(names, g.Name)
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
