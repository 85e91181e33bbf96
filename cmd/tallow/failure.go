package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/tallow-transfer/tallow/pkg/tallow"
)

// failure is the error that ended the program, in words for a person.
type failure struct {
	kind    tallow.ErrorKind
	reason  tallow.Reason // of an error of package tallow; else empty
	message string        // what happened
	hint    string        // what to do next; may be empty
	err     error         // the cause; may be nil
}

func (f *failure) Error() string { return f.message }
func (f *failure) Unwrap() error { return f.err }

// failureOf puts an error into words. endings.go has the words for errors of
// package tallow.
func failureOf(err error) *failure {
	var f *failure
	if errors.As(err, &f) {
		return f
	}
	var e *tallow.Error
	if !errors.As(err, &e) {
		// Only the parser of the command line returns errors of other types.
		return &failure{kind: tallow.KindUsage, message: err.Error(), hint: "See tallow --help.", err: err}
	}
	end := endingOf(e)
	fill := fillers(e)
	return &failure{kind: e.Kind, reason: e.Reason, message: fill.Replace(end.text), hint: fill.Replace(end.hint), err: err}
}

// endingOf returns the ending for an error, with the variant that applies.
func endingOf(e *tallow.Error) ending {
	end, known := endings()[e.Reason]
	if !known {
		return ending{text: string(e.Reason) + ": {detail}", hint: report}
	}
	if v, ok := end.variants[fromStore]; ok && e.Stored && !e.Sending {
		return ending{text: v.text, hint: v.hint}
	}
	if v, ok := end.variants[variantOf(e)]; ok {
		return ending{text: v.text, hint: v.hint}
	}
	return end
}

// variantOf returns the variant that applies to an error.
func variantOf(e *tallow.Error) variant {
	switch {
	case e.Reason == tallow.ReasonNoSpace && e.Bytes == 0, e.Reason == tallow.ReasonQuota && e.Bytes == 0:
		return sizeUnknown
	case e.Local && (e.Reason == tallow.ReasonSkipped || e.Reason == tallow.ReasonExists):
		return alone
	case e.Reason == tallow.ReasonSkipped && e.Files == 0:
		return nothingInPlace
	case e.Reason == tallow.ReasonInterrupted && !e.Kept:
		return nothingKept
	case e.Reason == tallow.ReasonPeerDeclined && e.Detail == "", e.Reason == tallow.ReasonPeerNotBack && e.Detail == "":
		return noDetail
	case e.Reason == tallow.ReasonPathSpecial && e.Detail == "socket":
		return noContent
	case e.Reason == tallow.ReasonPathUnsafe && e.Count == 1, e.Reason == tallow.ReasonNothingLeft && e.Count <= 1:
		return single
	case len(e.Words) == 0 && e.Reason == tallow.ReasonCodeWord:
		return noWords
	case e.Sending:
		return sending
	}
	return receiving
}

// fillers returns a Replacer of an ending's placeholders by the fields of an error.
func fillers(e *tallow.Error) *strings.Replacer {
	peer, self := "the sender", "the receiver"
	if e.Sending {
		peer, self = self, peer
	}
	return strings.NewReplacer(
		"{peer}", peer, "{self}", self,
		"{relay}", e.Relay, "{proxy}", e.Proxy, "{nameplate}", e.Nameplate, "{path}", e.Path, "{visible}", visible(e.Path), "{other}", e.Other,
		"{detail}", e.Detail, "{count}", strconv.FormatInt(e.Count, 10),
		"{entries}", entriesText(e.Count), "{files}", countText(e.Count, "file"),
		"{bytes}", exactSize(e.Bytes), "{words}", alternatives(e.Words), "{wait}", waitHint(e.RetryAfter),
		"{container}", containerText(e), "{elsewhere}", elsewhereHint(e), "{good}", goodHint(e), "{again}", againHint(e), "{sentence}", sentence(againHint(e)),
	)
}

// againHint says how to continue after an error.
func againHint(e *tallow.Error) string {
	switch {
	case e.Local:
		return "run the same command again"
	case e.Stored && e.Kept && e.Sending:
		return "run the same command again: it goes on where it stopped"
	case e.Stored && e.Kept:
		return "run the same command again: it goes on where it stopped, and uses up no second download"
	case e.Stored:
		return "run the same command again"
	case e.Waiting && !e.Kept:
		return "run the same command again while the sender waits: the code still works"
	case e.Waiting:
		return "run the same command again while the sender waits: it goes on where it stopped"
	case e.Kept:
		return "run tallow again on both sides with a new code: what has arrived is kept, and only the rest is sent"
	}
	return "run tallow again on both sides with a new code"
}

// sentence adds a capital letter and a full stop.
// elsewhereHint says how to receive into another folder after an error.
func elsewhereHint(e *tallow.Error) string {
	if e.Local || e.Stored {
		return " Or choose another folder with --output."
	}
	if e.Waiting {
		return " Or receive into another folder with --output, with the same code."
	}
	return " Or send again, and receive into another folder with --output."
}

// containerText names an encrypted file, or a stored transfer.
func containerText(e *tallow.Error) string {
	switch {
	case e.Stored:
		return "what the relay stores"
	case e.Path == "":
		return "what comes on stdin"
	}
	return visible(e.Path)
}

// goodHint says that the code still works, if it does.
func goodHint(e *tallow.Error) string {
	switch {
	case e.Stored:
		return " The link still works."
	case e.Waiting:
		return " The code still works while the sender waits."
	}
	return ""
}

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

// alternatives joins words to a list: a, b or c.
func alternatives(words []string) string {
	last := len(words) - 1
	if last < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// exactSize formats a number of bytes for people and adds the exact number, for
// somebody who has to make room.
func exactSize(n int64) string {
	if n < 1000 {
		return bytesText(n)
	}
	return fmt.Sprintf("%s (%d bytes)", bytesText(n), n)
}
