package main

import (
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"

	"github.com/tallow-transfer/tallow/pkg/tallow"
)

// newMan makes the verb that writes the manual pages for a release. Their date is
// that of SOURCE_DATE_EPOCH, so that the same source gives the same pages.
func newMan() *cobra.Command {
	return &cobra.Command{
		Use:    "man DIR",
		Short:  "Write the manual pages into a folder",
		Hidden: true,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("As in: tallow man share/man/man1", "name one folder")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			header := &doc.GenManHeader{Section: "1", Source: "tallow " + buildInfo().Version, Manual: "tallow"}
			err := os.MkdirAll(args[0], 0o755)
			if err == nil {
				err = doc.GenManTree(cmd.Root(), header, args[0])
			}
			if err != nil {
				return &failure{kind: tallow.KindIO, message: "the manual pages could not be written: " + cause(err), err: err}
			}
			return nil
		},
	}
}
