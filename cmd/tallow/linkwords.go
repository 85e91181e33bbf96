package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tallow-transfer/tallow/pkg/tallow"
)

// wordsVariable has the words for the link of a stored transfer without its key.
const wordsVariable = "TALLOW_LINK_WORDS"

// wordsSource is where the words for a link without its key come from: a file, the
// environment, or a person.
type wordsSource struct{ file string }

func (s *wordsSource) register(cmd *cobra.Command) {
	cmd.Flags().StringVar(&s.file, "link-words-file", "", "a `FILE` whose first line has the words for a link without its key (default "+wordsVariable+", else they are asked for)")
}

// ask returns what gets the words. Only a person can try again. The words are shown while
// they are typed: there are many of them.
func (s *wordsSource) ask(p *program, ask *prompt) func(context.Context, error) (string, error) {
	return func(ctx context.Context, wrong error) (string, error) {
		words, given, err := s.stored(p)
		switch {
		case err != nil:
			return "", err
		case given && wrong != nil:
			return "", wrong
		case given:
			return words, nil
		case ask == nil:
			return "", &tallow.Error{Kind: tallow.KindCode, Reason: tallow.ReasonLinkWords}
		}
		if wrong == nil {
			fmt.Fprintln(ask.console.out, "This link has no key. Its sender tells you words in its place.")
		} else {
			f := failureOf(wrong)
			fmt.Fprintf(ask.console.out, "%s\n", strings.TrimSpace(printable(capital(f.message))+". "+printable(f.hint)))
		}
		return ask.console.askRaw(ctx, "Words: ", completeWords)
	}
}

// stored returns the words of the file or the environment, if there are any.
func (s *wordsSource) stored(p *program) (words string, ok bool, err error) {
	if s.file != "" {
		words, err = readSecret("words", "--link-words-file", s.file)
		return words, true, err
	}
	words = p.getenv(wordsVariable)
	return words, words != "", nil
}

// completeWords completes the last of the words that are being typed.
func completeWords(typed string) (completed string, choices []string) {
	const nameplate = "1-" // completeCode completes words behind one
	completed, choices = completeCode(nameplate + typed)
	return strings.TrimPrefix(completed, nameplate), choices
}

// capital begins a sentence.
func capital(text string) string {
	if text == "" {
		return text
	}
	return strings.ToUpper(text[:1]) + text[1:]
}
