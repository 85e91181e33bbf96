package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/tallow-transfer/tallow/pkg/tallow"
)

// failure is what ended the program, in words for a person.
type failure struct {
	kind    tallow.ErrorKind
	reason  tallow.Reason // of an error of package tallow; else empty
	message string        // what happened
	hint    string        // what to do next; may be empty
	err     error         // what caused it; may be nil
}

func (f *failure) Error() string { return f.message }
func (f *failure) Unwrap() error { return f.err }

// failureOf puts an error into words. Those of package tallow have theirs in
// endings.go.
func failureOf(err error) *failure {
	var f *failure
	if errors.As(err, &f) {
		return f
	}
	var e *tallow.Error
	if !errors.As(err, &e) {
		// Only what parses the command line returns errors of other types.
		return &failure{kind: tallow.KindUsage, message: err.Error(), hint: "See tallow --help.", err: err}
	}
	end := endingOf(e)
	fill := fillers(e)
	return &failure{kind: e.Kind, reason: e.Reason, message: fill.Replace(end.text), hint: fill.Replace(end.hint), err: err}
}

// endingOf picks the words for an error from the table.
func endingOf(e *tallow.Error) ending {
	end, known := endings()[e.Reason]
	if !known {
		return ending{text: string(e.Reason) + ": {detail}", hint: report}
	}
	if v, ok := end.variants[variantOf(e)]; ok {
		return ending{text: v.text, hint: v.hint}
	}
	return end
}

// variantOf says which of the variants of an ending fits.
func variantOf(e *tallow.Error) variant {
	switch {
	case e.Reason == tallow.ReasonNoSpace && e.Bytes == 0, e.Reason == tallow.ReasonQuota && e.Bytes == 0:
		return sizeUnknown
	case e.Reason == tallow.ReasonSkipped && e.Files == 0:
		return nothingInPlace
	case e.Reason == tallow.ReasonInterrupted && !e.Kept:
		return nothingKept
	case e.Reason == tallow.ReasonPeerDeclined && e.Detail == "", e.Reason == tallow.ReasonPeerNotBack && e.Detail == "":
		return noDetail
	case len(e.Words) == 0 && e.Reason == tallow.ReasonCodeWord:
		return noWords
	case e.Sending:
		return sending
	}
	return receiving
}

// fillers replace the placeholders of an ending by the facts of an error.
func fillers(e *tallow.Error) *strings.Replacer {
	peer, self := "the sender", "the receiver"
	if e.Sending {
		peer, self = self, peer
	}
	return strings.NewReplacer(
		"{peer}", peer, "{self}", self,
		"{relay}", e.Relay, "{nameplate}", e.Nameplate, "{path}", e.Path, "{other}", e.Other,
		"{detail}", e.Detail, "{count}", strconv.FormatInt(e.Count, 10),
		"{entries}", entriesText(e.Count), "{files}", countText(e.Count, "file"),
		"{bytes}", exactSize(e.Bytes), "{words}", alternatives(e.Words), "{wait}", waitHint(e.RetryAfter),
		"{again}", againHint(e), "{sentence}", sentence(againHint(e)),
	)
}

// againHint is how to go on after an error, as far as there is anything to go on
// with.
func againHint(e *tallow.Error) string {
	switch {
	case e.Waiting:
		return "run the same command again while the sender waits: it goes on where it stopped"
	case e.Kept:
		return "run tallow again on both sides with a new code: what has arrived is kept, and only the rest is sent"
	}
	return "run tallow again on both sides with a new code"
}

// sentence makes a sentence of words.
func sentence(words string) string {
	return strings.ToUpper(words[:1]) + words[1:] + "."
}

func entriesText(n int64) string {
	if n == 1 {
		return "1 entry was"
	}
	return fmt.Sprintf("%d entries were", n)
}

func waitHint(d time.Duration) string {
	if d <= 0 {
		return "Wait a minute and try again."
	}
	return fmt.Sprintf("Wait %v and try again.", d.Round(time.Second))
}

// alternatives joins words as people do: a, b or c.
func alternatives(words []string) string {
	last := len(words) - 1
	if last < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// exactSize is a number of bytes for people, and the number itself: it says how
// much room has to be made.
func exactSize(n int64) string {
	if n < 1000 {
		return bytesText(n)
	}
	return fmt.Sprintf("%s (%d bytes)", bytesText(n), n)
}
