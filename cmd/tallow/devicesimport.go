package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tallow-transfer/tallow/internal/devices"
	"github.com/tallow-transfer/tallow/internal/vault/backup"
	"github.com/tallow-transfer/tallow/pkg/tallow"
)

func newDevicesImport(p *program) *cobra.Command {
	source := &passwordSource{}
	cmd := &cobra.Command{
		Use:   "import [flags] FILE",
		Short: "Have the devices that a file of tallow devices export has",
		Long: `Have the devices that a file of tallow devices export has, with their names and
rules. To them this machine is from now on the one that has exported them, so
import a file on one machine alone. What is here already stays as it is. A FILE
of "-" is stdin.

The password is that of the file: it is asked for, or taken from --password-file
or TALLOW_PASSWORD.`,
		Example: `  tallow devices import my.devices
  tallow devices import --password-file secret.txt - < my.devices`,
		Args:              oneArgument("file", "tallow devices import my.devices"),
		ValidArgsFunction: cobra.FixedCompletions(nil, cobra.ShellCompDirectiveDefault),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.importDevices(cmd.Context(), args[0], source)
		},
	}
	source.register(cmd)
	return cmd
}

func (p *program) importDevices(ctx context.Context, name string, source *passwordSource) error {
	if _, err := p.allDevices(ctx); err != nil { // a locked vault, before anybody is asked for a password
		return err
	}
	in, err := p.openExport(name)
	if err != nil {
		return err
	}
	defer in.Close()
	var password string
	err = p.atTerminal(func(ask *prompt) (err error) {
		password, err = source.get(ctx, p, ask)
		return err
	})
	if err != nil {
		return err
	}
	exported, err := backup.OpenDevices(in, password)
	if err != nil {
		return devicesFile().failure(visible(name), err)
	}
	store, err := p.openDevices(ctx)
	if err != nil {
		return err
	}
	done, err := store.Import(ctx, exported)
	err = firstOf(err, store.Close())
	if err != nil {
		return p.devicesFailure(ctx, devicesFile().failure(visible(name), err))
	}
	if err := p.tellImported(done); err != nil {
		return err
	}
	return leftOut(done)
}

// tellImported tells what has become of imported devices.
func (p *program) tellImported(done devices.Imported) error {
	if p.json {
		list := func(names []string) []string { return append([]string{}, names...) } // never null
		return p.writeEvent(struct {
			Event string   `json:"event"`
			Added []string `json:"added"`
			Back  []string `json:"back"`
			Here  []string `json:"here"`
			Taken []string `json:"taken"`
			Older []string `json:"older"`
		}{"imported", list(done.Added), list(done.Back), list(done.Here), list(done.Taken), list(done.Older)})
	}
	s := newScreen(p)
	for _, part := range []struct {
		format string
		names  []string
	}{
		{"Added: %s", done.Added},
		{"Used here again: %s", done.Back},
		{"Used here already, and left as it is: %s", done.Here},
	} {
		if len(part.names) > 0 {
			s.say(part.format, strings.Join(part.names, ", "))
		}
	}
	if len(done.Added) > 0 {
		s.say("To take what they send: tallow receive --listen")
	}
	return nil
}

// leftOut is the error for devices that were not imported; nil if all were.
func leftOut(done devices.Imported) error {
	fail := func(message, hint string) error {
		return &failure{kind: tallow.KindPartial, reason: tallow.ReasonSkipped, message: message, hint: hint}
	}
	switch {
	case len(done.Taken) > 0:
		return fail("left out, because another device has the name here: "+strings.Join(done.Taken, ", "),
			"Rename that one: tallow devices rename "+done.Taken[0]+" NEW. Then import the file again.")
	case len(done.Older) > 0:
		return fail("left out, because this machine has exported a newer state: "+strings.Join(done.Older, ", "),
			"Import the newest file. If it is lost, remove the device here and there, and pair again: tallow devices pair")
	}
	return nil
}

// devicesFile has the words for a file of exported devices.
func devicesFile() exportedBy {
	return exportedBy{"tallow devices export", "Export the devices again."}
}
