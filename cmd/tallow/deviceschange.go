package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tallow-transfer/tallow/internal/devices"
)

func newDevicesRename(p *program) *cobra.Command {
	return &cobra.Command{
		Use:               "rename NAME NEW",
		Short:             "Give a device another name",
		Long:              `Give a device another name. Only this machine knows it by that.`,
		Example:           "  tallow devices rename phone old-phone",
		Args:              twoNames,
		ValidArgsFunction: p.completeDevices,
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.changeDevice(cmd.Context(), "renamed", args[1], func(ctx context.Context, s *devices.Store) error {
				return s.Rename(ctx, args[0], args[1])
			})
		},
	}
}

func newDevicesRemove(p *program) *cobra.Command {
	return &cobra.Command{
		Use:   "remove NAME",
		Short: "Forget a device: it cannot send to this machine any more",
		Long: `Forget a device. It cannot send to this machine any more, nor be sent to. What
it keeps of this machine is of no use to anybody. To pair again, remove this
machine there too, and run tallow devices pair.`,
		Example:           "  tallow devices remove old-laptop",
		Args:              oneArgument("device by its name", "tallow devices remove old-laptop"),
		ValidArgsFunction: p.completeDevices,
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.changeDevice(cmd.Context(), "removed", args[0], func(ctx context.Context, s *devices.Store) error {
				return s.Remove(ctx, args[0])
			})
		},
	}
}

func newDevicesVerify(p *program) *cobra.Command {
	return &cobra.Command{
		Use:   "verify NAME",
		Short: "Show words that are the same on both machines",
		Long: `Show the fingerprint of a pairing as words. tallow devices verify shows the same
words on the other machine, unless somebody else answered when they were paired.`,
		Example:           "  tallow devices verify laptop",
		Args:              oneArgument("device by its name", "tallow devices verify laptop"),
		ValidArgsFunction: p.completeDevices,
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.withDevices(cmd.Context(), func(s *devices.Store) error {
				d, err := s.Get(cmd.Context(), args[0])
				if err != nil {
					return err
				}
				if p.json {
					return p.writeEvent(newDeviceEvent(d))
				}
				_, err = fmt.Fprintln(p.stdout, strings.Join(d.Words(), " "))
				return err
			})
		},
	}
}

func newDevicesRules(p *program) *cobra.Command {
	var accept, ask bool
	var folder string
	var most bound
	cmd := &cobra.Command{
		Use:   "rules [flags] NAME",
		Short: "Say what becomes of what a device sends",
		Long: `Say what tallow receive --listen does with what a device sends: whether it takes
it without asking, where it puts it, and how much it takes at a time.`,
		Example: `  tallow devices rules --accept --folder ~/Inbox laptop
  tallow devices rules --accept-max 500MB phone
  tallow devices rules --ask laptop`,
		Args:              oneArgument("device by its name", "tallow devices rules --accept laptop"),
		ValidArgsFunction: p.completeDevices,
		RunE: func(cmd *cobra.Command, args []string) error {
			given := cmd.Flags().Changed
			if accept && ask {
				return usage("Leave one of them out.", "--accept takes without asking, and --ask asks")
			}
			if folder != "" {
				absolute, err := filepath.Abs(folder)
				if err != nil {
					return err
				}
				folder = absolute
			}
			return p.changeDevice(cmd.Context(), "changed", args[0], func(ctx context.Context, s *devices.Store) error {
				d, err := s.Get(ctx, args[0])
				if err != nil {
					return err
				}
				r := d.Rules
				if accept || ask {
					r.Accept = accept
				}
				if given("folder") {
					r.Folder = folder
				}
				if given("accept-max") {
					r.MaxBytes = int64(most.size)
				}
				return s.SetRules(ctx, args[0], r)
			})
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&accept, "accept", false, "take what it sends without asking")
	flags.BoolVar(&ask, "ask", false, "ask before each transfer, and decline where nobody can be asked")
	flags.StringVar(&folder, "folder", "", "the `FOLDER` for what it sends; empty for the one of --listen")
	flags.Var(&most, "accept-max", "decline what is larger than a `SIZE`: 500MB, 2GiB; 0 for any size")
	completeFlag(cmd, "accept-max", noCompletion)
	return cmd
}

// bound is the value of a flag: a size, or 0 for none.
type bound struct{ size }

// Set parses a bound.
func (b *bound) Set(text string) error {
	if text == "0" {
		b.size = 0
		return nil
	}
	return b.size.Set(text)
}

// changeDevice changes a device, and says so: what was done, and to which.
func (p *program) changeDevice(ctx context.Context, done, name string, f func(context.Context, *devices.Store) error) error {
	if err := p.withDevices(ctx, func(s *devices.Store) error { return f(ctx, s) }); err != nil {
		return err
	}
	if p.json {
		return p.writeEvent(struct {
			Event string `json:"event"`
			Name  string `json:"name"`
		}{"device-" + done, name})
	}
	newScreen(p).say("%s %s.", strings.ToUpper(done[:1])+done[1:], name)
	return nil
}

// twoNames is the check of a verb that takes two names.
func twoNames(_ *cobra.Command, args []string) error {
	if len(args) != 2 {
		return usage("As in: tallow devices rename phone old-phone", "name the device, and its new name")
	}
	return nil
}

// completeDevices completes the names of devices.
func (p *program) completeDevices(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	all, _ := p.allDevices(cmd.Context()) // who completes cannot be told of an error
	var names []string
	for _, d := range all {
		names = append(names, d.Name)
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
