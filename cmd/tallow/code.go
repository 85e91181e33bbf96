package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tallow-transfer/tallow/pkg/tallow"
)

// codeVerb is the command that makes a code before there is a sender.
type codeVerb struct {
	*program
	words int
	label string
}

func newCodeVerb(p *program) *cobra.Command {
	c := &codeVerb{program: p}
	cmd := &cobra.Command{
		Use:   "code [flags]",
		Short: "Print a new code for two machines that both need it beforehand",
		Long: `Print a new code, which a sender and a receiver take from TALLOW_CODE: in a
pipeline of CI, or on two machines that start at the same time.

With --for, the code belongs to LABEL and to the secret in TALLOW_CODE_SECRET:
both machines compute the same one, and nothing has to go from one to the
other. The secret has to be random, and each transfer needs a label of its own.`,
		Example: `  TALLOW_CODE=$(tallow code) && export TALLOW_CODE
  TALLOW_CODE=$(tallow code --for "build $BUILD_NUMBER") && export TALLOW_CODE`,
		Args:              noArguments,
		ValidArgsFunction: noCompletion,
		RunE:              func(cmd *cobra.Command, _ []string) error { return c.run(cmd) },
	}
	flags := cmd.Flags()
	flags.IntVar(&c.words, "words", tallow.DefaultWords, "how many words the code has, a number `N` from 3 to 8")
	flags.StringVar(&c.label, "for", "", "the code that belongs to this `LABEL` and to the secret in TALLOW_CODE_SECRET")
	completeFlag(cmd, "words", noCompletion)
	completeFlag(cmd, "for", noCompletion)
	return cmd
}

func (c *codeVerb) run(cmd *cobra.Command) error {
	code, err := c.code(cmd.Flags().Changed("for"))
	if err != nil {
		return err
	}
	if c.json {
		nameplate, _, _ := strings.Cut(code, "-")
		e := newEncoder(c.events(), nil)
		e.event(tallow.CodeEvent{Code: code, Nameplate: nameplate})
		return e.failure()
	}
	if _, err := fmt.Fprintln(c.stdout, code); err != nil {
		return brokenOutput(err)
	}
	return nil
}

// code returns a new code, or the one of a label.
func (c *codeVerb) code(labelled bool) (string, error) {
	secret := c.getenv("TALLOW_CODE_SECRET")
	switch {
	case c.words < tallow.DefaultWords:
		return "", usage("Leave --words out, or give 3 to 8.", "a sender refuses a code with fewer than %d words", tallow.DefaultWords)
	case !labelled:
		return tallow.NewCode(c.words)
	case c.label == "":
		return "", usage("Name the transfer, such as the number of the build.", "--for is empty")
	case secret == "":
		return "", usage("Make one once, as openssl rand -hex 32 does, and give it to both machines.", "--for needs a secret in TALLOW_CODE_SECRET")
	}
	return tallow.DerivedCode(secret, c.label, c.words)
}
