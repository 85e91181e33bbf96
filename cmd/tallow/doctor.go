package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tallow-transfer/tallow/internal/doctor"
	"github.com/tallow-transfer/tallow/pkg/tallow"
)

func newDoctor(p *program) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "doctor [flags]",
		Short: "Find out what will work from this machine",
		Long: `Find out what will work from this machine: whether the relay answers, whether
UDP gets out and what NAT is in the way, whether senders on this network are
found, whether the clock is right, where the key of the history is, and whether
what is received can be written.

The exit code is 0 if nothing keeps transfers from working, 5 if the relay
cannot be used, and 7 if a folder cannot be written to.`,
		Example: `  tallow doctor
  tallow doctor --relay relay.example
  tallow doctor --json`,
		Args:              noArguments,
		ValidArgsFunction: noCompletion,
		RunE:              func(cmd *cobra.Command, _ []string) error { return p.examine(cmd) },
	}
	p.settings.Register(cmd.Flags(), "relay", "relay-pin", "relay-password", "output")
	p.addConfigFlag(cmd)
	return cmd
}

// examine makes the checks and prints them.
func (p *program) examine(cmd *cobra.Command) error {
	if err := p.loadPreferences(cmd, tallow.DefaultReceiveTimeout); err != nil {
		return err
	}
	v := &p.preferences
	config := doctor.Config{
		Relay: v.relay, Pins: v.pins, Password: v.relayPassword, Version: buildInfo().Version, StateDir: p.stateDir(), Output: v.output,
		Keys: p.keyStore(), KeyringOff: p.keyringOff(),
	}
	if config.Output == "" || config.Output == "-" {
		config.Output = "."
		if dir, err := os.Getwd(); err == nil {
			config.Output = dir
		}
	}
	d, err := doctor.New(config)
	if err != nil {
		return usage(seeHelp(cmd), "%v", err)
	}
	events := newEncoder(p.events(), nil)
	report := d.Run(cmd.Context(), func(c doctor.Check) {
		if p.json {
			events.check(c)
		} else {
			p.printCheck(c)
		}
	})
	if cmd.Context().Err() != nil {
		return interrupted()
	}
	report.Verdict = p.limited(report.Verdict)
	if p.json {
		events.verdict(report.Verdict)
		if err := events.failure(); err != nil {
			return err
		}
	} else if _, err := fmt.Fprintf(p.stdout, "\n%s\n", report.Verdict.Text); err != nil {
		return brokenOutput(err)
	}
	return failedChecks(report)
}

// limited adds to a verdict what the settings do not allow.
func (p *program) limited(v doctor.Verdict) doctor.Verdict {
	switch {
	case p.preferences.private:
		v.Direct, v.Local = doctor.DirectNone, false
		v.Text += " But " + p.settings.Place("private") + " is set: everything goes through a relay."
	case p.preferences.lanes != "":
		v.Text += " But " + p.settings.Place("lanes") + " allows only " + p.preferences.lanes + "."
	}
	return v
}

// printCheck prints a check as a line, and what can be done as another.
func (p *program) printCheck(c doctor.Check) {
	colours := map[doctor.State]colour{doctor.OK: green, doctor.Warning: yellow, doctor.Failed: red}
	state := p.palette(p.stdout).paint(colours[c.State], fmt.Sprintf("%-7s", c.State))
	fmt.Fprintf(p.stdout, "%-8s  %s  %s\n", c.Name, state, printable(c.Text))
	if c.Hint != "" {
		fmt.Fprintf(p.stdout, "%19s%s\n", "", printable(c.Hint))
	}
}

// failedChecks is the error of a report: that of the relay counts most.
func failedChecks(report doctor.Report) error {
	failed := report.Failed()
	if len(failed) == 0 {
		return nil
	}
	f := &failure{kind: tallow.KindIO, hint: failed[0].Hint}
	var names []string
	for _, c := range failed {
		names = append(names, c.Name)
		if c.Name == "relay" {
			f.kind = tallow.KindNetwork
		}
	}
	f.message = "failed: " + strings.Join(names, ", ") + "; " + failed[0].Text
	return f
}
