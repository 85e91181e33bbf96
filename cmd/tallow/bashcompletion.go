package main

import (
	"bytes"
	_ "embed" // for bashFallbacks
	"io"
	"strings"

	"github.com/spf13/cobra"
)

// bashFallbacks make the script for bash work without the bash-completion package,
// from which cobra's takes some functions.
//
//go:embed completion.bash
var bashFallbacks string

// genBashCompletion writes the script for bash, for bash alone.
func genBashCompletion(root *cobra.Command, w io.Writer) error {
	var script bytes.Buffer
	if err := root.GenBashCompletionV2(&script, true); err != nil {
		return err
	}
	own := strings.NewReplacer(" _get_comp_words_by_ref ", " __tallow_words ", "_filedir", "__tallow_files")
	_, err := io.WriteString(w, bashFallbacks+own.Replace(script.String()))
	return err
}
