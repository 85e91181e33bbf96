package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/tallow-transfer/tallow/pkg/tallow"
)

// decrypt is the command that opens what encrypt has made.
type decrypt struct {
	*program
	*preferences
	out      string
	password passwordSource
}

func newDecrypt(p *program) *cobra.Command {
	d := &decrypt{program: p, preferences: &p.preferences}
	cmd := &cobra.Command{
		Use:   "decrypt [flags] FILE",
		Short: "Decrypt a file that tallow encrypt has made",
		Long: `Decrypt a file that tallow encrypt has made, into this folder or --output.
A FILE of "-" is stdin. A file that is decrypted has its name only once it is
verified and complete.

The password is asked for; or it is taken from --password-file or
TALLOW_PASSWORD.`,
		Example: `  tallow decrypt photos.tallow
  tallow decrypt -o ~/restored backup.tallow
  tallow decrypt --password-file key.txt -o - photos.tallow | tar x`,
		Args: oneArgument("FILE", "tallow decrypt photos.tallow"),
		RunE: func(cmd *cobra.Command, args []string) error { return d.run(cmd, args[0]) },
	}
	flags := cmd.Flags()
	flags.StringVarP(&d.out, "output", "o", "", "folder or file name to decrypt to, a `PATH` or - for stdout (default this folder)")
	d.password.register(cmd)
	p.settings.Register(flags, "on-conflict", "preserve", "log-file")
	p.addConfigFlag(cmd)
	return cmd
}

func (d *decrypt) run(cmd *cobra.Command, file string) error {
	if err := d.loadPreferences(cmd, tallow.DefaultReceiveTimeout); err != nil {
		return err
	}
	if cmd.Flags().Changed("output") && d.out == "" {
		return usage("", "--output is empty")
	}
	o := tallow.DecryptOptions{Path: file, OnConflict: tallow.Conflict(d.onConflict), Preserve: d.preserve}
	if file == "-" {
		o.Path, o.Stream = "", d.stdin
	}
	client, err := d.client()
	if err != nil {
		return err
	}
	if o.Output, o.Writer, err = d.place(d.out); err != nil {
		return err
	}
	n := newNarrator(d.program)
	n.alone, n.receives = work{"Decrypting", "Decrypted"}, true
	ask, done := d.asker(n, &o.OnConflict)
	defer done()
	if ask != nil {
		o.Ask = ask.conflict
	}
	o.Password = func(ctx context.Context) (string, error) { return d.password.get(ctx, d.program, ask) }
	_, err = d.observe(cmd.Context(), n, nil, func(ctx context.Context, _ *tallow.Controls, onEvent func(tallow.Event)) (tallow.Result, error) {
		o.OnEvent = onEvent
		return client.Decrypt(ctx, o)
	})
	return err
}
