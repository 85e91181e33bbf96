package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tallow-transfer/tallow/internal/devices"
)

func newDevices(p *program) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "devices",
		Short: "List the machines that need no code, and look after them",
		Long: `List the machines that this one is paired with. What is sent to one of them with
tallow send --to NAME needs no code: tallow receive --listen takes it there.
What they know of each other is sealed with a key of each machine.`,
		Example: `  tallow devices
  tallow devices pair                         prints a code
  tallow devices pair 7-apple-walrus-kayak    on the other machine
  tallow devices remove old-laptop`,
		Args:              noArguments,
		ValidArgsFunction: noCompletion,
		RunE:              func(cmd *cobra.Command, _ []string) error { return p.listDevices(cmd) },
	}
	list := &cobra.Command{
		Use:               "list",
		Short:             "List the devices, as devices does by itself",
		Example:           "  tallow devices list\n  tallow devices list --json",
		Args:              noArguments,
		ValidArgsFunction: noCompletion,
		RunE:              func(cmd *cobra.Command, _ []string) error { return p.listDevices(cmd) },
	}
	cmd.AddCommand(
		list, newDevicesPair(p), newDevicesRename(p), newDevicesRemove(p), newDevicesVerify(p), newDevicesRules(p), newDevicesGroup(p),
		newDevicesExport(p), newDevicesImport(p),
	)
	return cmd
}

// listDevices lists the devices.
func (p *program) listDevices(cmd *cobra.Command) error {
	all, err := p.allDevices(cmd.Context())
	if err != nil {
		return err
	}
	if p.json {
		for _, d := range all {
			if err := p.writeEvent(newDeviceEvent(d)); err != nil {
				return err
			}
		}
		return nil
	}
	if len(all) == 0 {
		newScreen(p).say("There are no devices. To add one: tallow devices pair")
		return nil
	}
	return p.table(func(w io.Writer) {
		fmt.Fprintln(w, "NAME\tPAIRED\tHEARD\tTAKEN\tRELAY")
		for _, d := range all {
			heard := "never"
			if !d.Heard.IsZero() {
				heard = momentText(d.Heard)
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", d.Name, momentText(d.Paired), heard, takenText(d), printable(d.Relay))
		}
	})
}

// takenText says whether what a device sends is taken.
func takenText(d devices.Device) string {
	if !d.Moved.IsZero() {
		return "no: exported " + momentText(d.Moved)
	}
	return rulesText(d.Rules)
}

// rulesText says what becomes of what a device sends.
func rulesText(r devices.Rules) string {
	parts := []string{"if asked"}
	if r.Accept {
		parts[0] = "always"
	}
	if r.MaxBytes > 0 {
		parts = append(parts, "up to "+bytesText(r.MaxBytes))
	}
	if r.Folder != "" {
		parts = append(parts, "in "+visible(r.Folder))
	}
	return strings.Join(parts, ", ")
}

// deviceEvent is a device for programs.
type deviceEvent struct {
	Event       string `json:"event"`
	Name        string `json:"name"`
	Relay       string `json:"relay"`
	Paired      string `json:"paired"`
	Heard       string `json:"heard"`
	Accept      bool   `json:"accept"`
	Folder      string `json:"folder"`
	MaxBytes    int64  `json:"max_bytes"`
	Fingerprint string `json:"fingerprint"`
	Moved       string `json:"moved"`
}

func newDeviceEvent(d devices.Device) deviceEvent {
	e := deviceEvent{
		Event: "device", Name: d.Name, Relay: d.Relay, Paired: d.Paired.UTC().Format(time.RFC3339),
		Accept: d.Rules.Accept, Folder: d.Rules.Folder, MaxBytes: d.Rules.MaxBytes, Fingerprint: strings.Join(d.Words(), " "),
	}
	if !d.Moved.IsZero() {
		e.Moved = d.Moved.UTC().Format(time.RFC3339)
	}
	if !d.Heard.IsZero() {
		e.Heard = d.Heard.UTC().Format(time.RFC3339)
	}
	return e
}
