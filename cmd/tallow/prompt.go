package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/tallow-transfer/tallow/pkg/tallow"
)

// prompt has the questions that people are asked.
type prompt struct {
	console *console
	about   string          // begins the question of one of several transfers
	forAll  tallow.Conflict // the answer for all files that exist, once it was given
}

// code asks for a code until it can be one.
func (p *prompt) code(ctx context.Context) (string, error) {
	for {
		code, err := p.console.askRaw(ctx, "Code: ", completeCode)
		if err != nil {
			return "", err
		}
		if err = tallow.CheckCode(code); err == nil {
			return code, nil
		}
		var e *tallow.Error
		if !errors.As(err, &e) {
			return "", err
		}
		f := failureOf(err)
		fmt.Fprintf(p.console.out, "%s\n", strings.TrimSpace(printable(f.message)+". "+printable(f.hint)))
	}
}

// completeCode completes the last word of a code as far as it is certain, or else
// returns the words that it may become.
func completeCode(typed string) (completed string, choices []string) {
	candidates := tallow.CompleteCode(typed)
	if len(candidates) == 0 {
		return typed, nil
	}
	common := candidates[0]
	for _, c := range candidates[1:] {
		for !strings.HasPrefix(c, common) {
			common = common[:len(common)-1]
		}
	}
	if len(candidates) == 1 {
		return common + "-", nil
	}
	if len(common) > len(typed) {
		return common, nil
	}
	for _, c := range candidates {
		choices = append(choices, c[strings.LastIndexAny(c, wordEnds)+1:])
	}
	return common, choices
}

// wordEnds are what may stand between the words of a code.
const wordEnds = "-.,#_ "

// shownChoices is how many words are shown at a time.
const shownChoices = 30

// choicesText lists the first of what may be meant.
func choicesText(choices []string) string {
	text := strings.Join(choices[:min(len(choices), shownChoices)], "  ")
	if more := len(choices) - shownChoices; more > 0 {
		text += fmt.Sprintf("  and %d more", more)
	}
	return text
}

// accept asks whether to take what is offered. A text is not asked about: it is
// shown, and nothing is written.
func (p *prompt) accept(ctx context.Context, o tallow.Offer) (bool, error) {
	if o.Text {
		return true, nil
	}
	return p.yes(ctx, fmt.Sprintf("%s%s (y/n) ", offerText(o, p.console.columns()), acceptText(o)))
}

// acceptText asks whether to take an offer.
func acceptText(o tallow.Offer) string {
	who := ""
	if o.Peer.Name != "" {
		who = nameText("the sender", o.Peer.Name) + " "
	}
	if o.Resuming {
		return who + "Part of it is here already. Go on?"
	}
	return who + "Accept?"
}

// verify asks to compare the verification words.
func (p *prompt) verify(ctx context.Context, words []string) (bool, error) {
	return p.yes(ctx, fmt.Sprintf("%sVerification words:  %s\nDoes the other side see the same? (y/n) ", p.about, strings.Join(words, " ")))
}

// yes asks until the answer is yes or no. The end of the input is a no.
func (p *prompt) yes(ctx context.Context, question string) (bool, error) {
	for {
		line, err := p.console.ask(ctx, question)
		switch strings.ToLower(strings.TrimSpace(line)) {
		case "y", "yes":
			return true, nil
		case "n", "no":
			return false, nil
		}
		if errors.Is(err, io.EOF) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		question = "Please type y or n: "
	}
}

// conflict asks what to do where something is there already. An answer for all does
// not count where it cannot be followed.
func (p *prompt) conflict(ctx context.Context, x tallow.Existing) (tallow.Conflict, error) {
	folder := x.Dir || x.New.Dir // which neither replaces anything nor is replaced
	possible := func(c tallow.Conflict) bool { return c != "" && (c != tallow.ConflictOverwrite || !folder) }
	if possible(p.forAll) {
		return p.forAll, nil
	}
	question, again := conflictQuestion(x), "Please type r, o or s, or one of them and \"all\": "
	if folder {
		again = "Please type r or s, or one of them and \"all\": "
	}
	for {
		line, err := p.console.ask(ctx, question)
		if errors.Is(err, io.EOF) {
			return "", interrupted()
		}
		if err != nil {
			return "", err
		}
		choice, all := readConflict(line)
		if possible(choice) {
			if all {
				p.forAll = choice
			}
			return choice, nil
		}
		question = again
	}
}

// conflictQuestion says what is there and what is received, and what can be done.
func conflictQuestion(x tallow.Existing) string {
	choices := "(r)ename the new one, (o)verwrite, (s)kip"
	if x.Dir || x.New.Dir {
		choices = "(r)ename the new one, (s)kip"
	}
	return fmt.Sprintf("%s is there already: %s; the new one: %s\n%s? With \"all\" for all: ",
		printable(x.Path), versionText(x.Dir, x.Size, x.MTime), versionText(x.New.Dir, x.New.Size, x.New.MTime), choices)
}

// versionText describes one of two things of the same name.
func versionText(dir bool, size int64, mtime time.Time) string {
	what := "a folder"
	if !dir {
		what = bytesText(size)
	}
	return what + " of " + mtime.Format("2006-01-02 15:04:05")
}

// readConflict reads the answer to a conflict: "r", "skip", "o all". What it
// does not understand is "".
func readConflict(line string) (choice tallow.Conflict, all bool) {
	fields := strings.Fields(strings.ToLower(line))
	if len(fields) == 0 || len(fields) > 2 || len(fields) == 2 && fields[1] != "all" {
		return "", false
	}
	for _, c := range []tallow.Conflict{tallow.ConflictRename, tallow.ConflictOverwrite, tallow.ConflictSkip} {
		if fields[0] == string(c) || fields[0] == string(c)[:1] {
			return c, len(fields) == 2
		}
	}
	return "", false
}
