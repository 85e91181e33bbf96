package main

import (
	"context"
	"errors"
	"os"

	"github.com/spf13/cobra"

	"github.com/tallow-transfer/tallow/internal/devices"
	"github.com/tallow-transfer/tallow/internal/vault/backup"
)

// devicesExportName is the file of exported devices in a folder.
const devicesExportName = "tallow.devices"

func newDevicesExport(p *program) *cobra.Command {
	source := &passwordSource{}
	cmd := &cobra.Command{
		Use:   "export [flags] FILE",
		Short: "Move all devices to another machine, by a file under a password",
		Long: `Move all devices into a file under a password, for tallow devices import on
another machine. To the devices that one is this machine then, so this one does
not use them any more, until the file is imported here again. FILE may be a
folder, or - for stdout.

The password is that of the file. It is asked for, twice, or taken from
--password-file or TALLOW_PASSWORD. Whoever has the file can try passwords for
as long as they like, so choose one that nobody can guess, and delete the file
once it was imported.`,
		Example: `  tallow devices export my.devices
  tallow devices export /media/stick`,
		Args:              oneArgument("file", "tallow devices export my.devices"),
		ValidArgsFunction: cobra.FixedCompletions(nil, cobra.ShellCompDirectiveDefault),
		RunE: func(cmd *cobra.Command, args []string) error {
			if args[0] == "" {
				return usage("", "FILE is empty")
			}
			return p.exportDevices(cmd.Context(), args[0], source)
		},
	}
	source.register(cmd)
	return cmd
}

func (p *program) exportDevices(ctx context.Context, path string, source *passwordSource) error {
	out := exportFile{path: path, inFolder: devicesExportName, elsewhere: "Give it another name.", stdout: p.stdout}
	if path == "-" {
		p.eventsToStderr = true
	} else if err := out.check(); err != nil {
		return err
	}
	all, err := p.allDevices(ctx)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		return usage("To add one: tallow devices pair", "there are no devices")
	}
	var password string
	err = p.atTerminal(func(ask *prompt) (err error) {
		password, err = source.choose(ctx, p, ask)
		return err
	})
	if err != nil {
		return err
	}
	var exported devices.Exported
	err = p.withDevices(ctx, func(s *devices.Store) (err error) {
		if exported, err = s.Export(ctx); err != nil {
			return err
		}
		// A process that is killed here has moved them to nowhere. They can be exported again.
		err = out.write(func(f *os.File) error { return backup.WriteDevices(f, password, exported.Bytes) })
		if err != nil {
			err = errors.Join(err, s.Abandon(context.WithoutCancel(ctx), exported))
		}
		return err
	})
	switch {
	case err != nil:
		return err
	case path == "-" || p.json:
		return p.tellWritten(out)
	}
	newScreen(p).say("%s in %s (%s). This machine does not use them any more. To use them on another one, or here again: tallow devices import %s",
		areText(exported.Count), visible(out.path), bytesText(out.size), visible(out.path))
	return nil
}

// areText is "1 device is" or "3 devices are".
func areText(n int) string {
	if n == 1 {
		return "1 device is"
	}
	return countText(int64(n), "device") + " are"
}
