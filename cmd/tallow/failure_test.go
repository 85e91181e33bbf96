package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/pkg/tallow"
)

// reasons returns all Reasons of package tallow, from its source.
func reasons(t *testing.T) (all []tallow.Reason) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../../pkg/tallow/reason.go", nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, tallow.Reason(value))
		return true
	})
	if len(all) < 80 {
		t.Fatalf("only %d reasons were found", len(all))
	}
	return all
}

// Every reason has an ending, whatever the fields of the error, and there is no
// ending for a reason that does not exist.
func TestEveryReasonHasWords(t *testing.T) {
	table := endings()
	for _, reason := range reasons(t) {
		if _, ok := table[reason]; !ok {
			t.Errorf("no words for %s", reason)
		}
		delete(table, reason)
		for _, e := range []tallow.Error{
			{Sending: true},
			{Kept: true},
			{Waiting: true, Kept: true},
			{Stored: true},
			{Stored: true, Kept: true, Bytes: 5, Count: 2},
			{
				Relay: "relay.example", Proxy: "proxy.example:3128", Nameplate: "7", Path: "a", Other: "b", Detail: "so it is", Words: []string{"acid", "acorn"},
				Count: 2, Files: 1, Bytes: 5000, RetryAfter: time.Second,
			},
		} {
			e.Kind, e.Reason = tallow.KindIO, reason
			f := failureOf(&e)
			if e.Detail != "" && f.message == "" || strings.ContainsAny(f.message+f.hint, "{}") || strings.Contains(f.message+f.hint, "%!") {
				t.Errorf("%s, %+v: %q, %q", reason, e, f.message, f.hint)
			}
			if f.hint != "" && (!strings.ContainsAny(f.hint[len(f.hint)-1:], ".?-@") && !strings.HasSuffix(f.hint, "--relay HOST.")) {
				t.Errorf("%s: a hint that is no sentence: %q", reason, f.hint)
			}
		}
	}
	for reason := range table {
		t.Errorf("words for %s, which is no reason", reason)
	}
}

// notInPage lists the reasons that no transfer of the page for browsers ends with.
func notInPage() []tallow.Reason {
	return []tallow.Reason{
		// Options that the page does not have.
		tallow.ReasonSeveralSources, tallow.ReasonSeveralOutputs, tallow.ReasonPattern, tallow.ReasonNothingLeft, tallow.ReasonOutputName,
		tallow.ReasonOutputOneName, tallow.ReasonOutputFolder, tallow.ReasonOutputOneFile, tallow.ReasonRelayName, tallow.ReasonRelayPinName,
		tallow.ReasonPrivateLanes, tallow.ReasonNoRelay, tallow.ReasonLaneName, tallow.ReasonNameForm, tallow.ReasonLinksName,
		tallow.ReasonCompressName, tallow.ReasonNegativeLimit, tallow.ReasonWordCount, tallow.ReasonCodeNamesRelay, tallow.ReasonConflictName,
		tallow.ReasonConflictAnswer, tallow.ReasonManagerClosed, tallow.ReasonNoSuchTransfer, tallow.ReasonCodeSecret, tallow.ReasonCodeWeak,
		tallow.ReasonTooLarge, tallow.ReasonTooLargeUnderway, tallow.ReasonWriter, tallow.ReasonInvitationSize,
		// Paths: a page has none, and its storage replaces nothing.
		tallow.ReasonPathEmpty, tallow.ReasonPathMissing, tallow.ReasonPathSpecial, tallow.ReasonPathBrokenLink, tallow.ReasonPathLinkLoop,
		tallow.ReasonPathNotUTF8, tallow.ReasonPathUnsafe, tallow.ReasonPathWholeDisk, tallow.ReasonNoCurrentFolder, tallow.ReasonExists, tallow.ReasonQuota,
		// Encrypted files.
		tallow.ReasonPasswordEmpty, tallow.ReasonNothingToDecrypt, tallow.ReasonContainerKey, tallow.ReasonContainerRead,
		// The local network, and what a browser does by itself and tells nobody: names of hosts, proxies and TLS.
		tallow.ReasonTwoSenders, tallow.ReasonSenderNotFound, tallow.ReasonSenderSilent, tallow.ReasonListen, tallow.ReasonRelayUnknownHost,
		tallow.ReasonNoNetwork, tallow.ReasonProxy, tallow.ReasonRelayTLS, tallow.ReasonRelayPin, tallow.ReasonRelayPinNoTLS, tallow.ReasonRelayNoTLS,
	}
}

// Every other reason has words in the page, too.
func TestEveryReasonHasWordsInPage(t *testing.T) {
	var words strings.Builder
	for _, name := range []string{"words.js", "storedwords.js"} {
		text, err := os.ReadFile("../../web/page/" + name)
		if err != nil {
			t.Fatal(err)
		}
		words.Write(text)
	}
	left := notInPage()
	for _, reason := range reasons(t) {
		name := string(reason)
		has := strings.Contains(words.String(), "\n  "+name+": ") || strings.Contains(words.String(), "\n  \""+name+"\": ")
		if i := slices.Index(left, reason); i >= 0 {
			left = slices.Delete(left, i, i+1)
			if has {
				t.Errorf("the page has words for %s, but never needs them", reason)
			}
		} else if !has {
			t.Errorf("no words for %s in the page", reason)
		}
	}
	if len(left) > 0 {
		t.Errorf("not among the reasons, or listed twice: %q", left)
	}
}

// The ending depends on the role, on what is kept, and on what is known.
func TestEndings(t *testing.T) {
	for _, tt := range []struct {
		name          string
		err           tallow.Error
		message, hint string
	}{
		{"the sender loses the connection", tallow.Error{Reason: tallow.ReasonConnectionLost, Sending: true, Kept: true}, "the connection to the receiver is lost", "Run tallow again on both sides with a new code: what has arrived is kept, and only the rest is sent."},
		{"the receiver does before anything has arrived", tallow.Error{Reason: tallow.ReasonConnectionLost}, "the connection to the sender is lost", "Run tallow again on both sides with a new code."},
		{"interrupted", tallow.Error{Reason: tallow.ReasonInterrupted, Kept: true}, "interrupted", "Run tallow again on both sides with a new code: what has arrived is kept, and only the rest is sent."},
		{"interrupted before anything has arrived", tallow.Error{Reason: tallow.ReasonInterrupted}, "interrupted", ""},
		{"somebody tries the code and leaves", tallow.Error{Reason: tallow.ReasonHandshakePeerLeft, Sending: true}, "somebody tried the code and left before proving that they know it; the code is used up", "Send again and give the new code to the receiver."},
		{"the sender leaves", tallow.Error{Reason: tallow.ReasonHandshakePeerLeft}, "the sender left in the middle of the handshake; the code is used up", newCode},
		{"declined there", tallow.Error{Reason: tallow.ReasonPeerDeclined, Sending: true}, "the receiver declined", ""},
		{"declined there with words", tallow.Error{Reason: tallow.ReasonPeerDeclined, Sending: true, Detail: "no"}, "the receiver declined: no", ""},
		{"the disk is full, the sender waits", tallow.Error{Reason: tallow.ReasonNoSpace, Path: "/d", Bytes: 5_000_000, Kept: true, Waiting: true}, "the disk of /d is full: 5.0 MB (5000000 bytes) more are needed", "Make room, and run the same command again while the sender waits: it goes on where it stopped. Or receive into another folder with --output, with the same code."},
		{"the disk is full, the code is used", tallow.Error{Reason: tallow.ReasonNoSpace, Path: "/d", Bytes: 77, Kept: true}, "the disk of /d is full: 77 bytes more are needed", "Make room, and run tallow again on both sides with a new code: what has arrived is kept, and only the rest is sent. Or send again, and receive into another folder with --output."},
		{"the disk takes nothing", tallow.Error{Reason: tallow.ReasonNoSpace, Path: "/d", Detail: "no space left on device"}, "the disk of /d takes no more files or bytes: no space left on device", "Make room, and run tallow again on both sides with a new code. Or send again, and receive into another folder with --output."},
		{"the folder cannot be used", tallow.Error{Reason: tallow.ReasonOutputFolder, Path: "/d", Detail: "permission denied", Waiting: true}, "/d cannot be used as a folder: permission denied", "Choose another with --output. The code still works while the sender waits."},
		{"the folder cannot be written", tallow.Error{Reason: tallow.ReasonPermission, Path: "/d", Detail: "permission denied", Waiting: true}, "/d cannot be written: permission denied", "Change the permissions of the folder, and run the same command again while the sender waits: the code still works. Or receive into another folder with --output, with the same code."},
		{"a broken link", tallow.Error{Reason: tallow.ReasonPathBrokenLink, Path: "l", Other: "gone"}, "l is a symlink to gone, which is not there", "Mend the link, or name what is meant."},
		{"a link in a circle", tallow.Error{Reason: tallow.ReasonPathLinkLoop, Path: "l"}, "l is a symlink that leads in a circle", "Mend the link, or name what is meant."},
		{"a socket", tallow.Error{Reason: tallow.ReasonPathSpecial, Path: "s", Detail: "socket"}, "s is a socket, not a file or a folder", "It has no content of its own. Name the files that are meant."},
		{"a pipe", tallow.Error{Reason: tallow.ReasonPathSpecial, Path: "p", Detail: "named pipe"}, "p is a named pipe, not a file or a folder", "To send what it gives, use it as standard input of tallow send -"},
		{"a folder to standard output", tallow.Error{Reason: tallow.ReasonOutputOneFile, Waiting: true}, "only a single file can go to standard output", "Give --output a folder for this. The code still works while the sender waits."},
		{"one skipped", tallow.Error{Reason: tallow.ReasonSkipped, Count: 1, Files: 3}, "1 entry was skipped; the rest is in place", skippedHint},
		{"all skipped", tallow.Error{Reason: tallow.ReasonSkipped, Count: 2}, "2 entries were skipped; nothing else was sent", skippedHint},
		{"a mistyped word", tallow.Error{Reason: tallow.ReasonCodeWord, Detail: "acron", Words: []string{"acorn", "apron", "iron"}}, `"acron" is not a word of a code`, "Did you mean acorn, apron or iron?"},
		{"no word at all", tallow.Error{Reason: tallow.ReasonCodeWord, Detail: "xyzzy"}, `"xyzzy" is not a word of a code`, "Ask the sender to spell it."},
		{"too fast", tallow.Error{Reason: tallow.ReasonRelayRate, Relay: "relay.example", RetryAfter: 90 * time.Second}, "too many attempts at the relay relay.example", "Wait 1m30s and try again."},
		{"too fast, for no said time", tallow.Error{Reason: tallow.ReasonRelayRate, Relay: "relay.example"}, "too many attempts at the relay relay.example", "Wait a minute and try again."},
		{"the receiver is not back", tallow.Error{Reason: tallow.ReasonPeerNotBack, Sending: true, Kept: true, Detail: "its disk is full"}, "the receiver cannot go on (its disk is full), and did not come back in time", "Run tallow again on both sides with a new code: what has arrived is kept, and only the rest is sent."},
		{"a fetch is interrupted", tallow.Error{Reason: tallow.ReasonInterrupted, Stored: true, Kept: true}, "interrupted", "Run the same command again: it goes on where it stopped, and uses up no second download."},
		{"the end of what is stored is missing", tallow.Error{Reason: tallow.ReasonContainerTruncated, Stored: true}, "the end of what the relay stores is missing", storeAgain},
		{"an upload is interrupted", tallow.Error{Reason: tallow.ReasonInterrupted, Stored: true, Sending: true, Kept: true}, "interrupted", "Run the same command again: it goes on where it stopped."},
		{"a reason of a later version", tallow.Error{Reason: "novel", Detail: "x"}, "novel: x", report},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := failureOf(&tt.err)
			if f.message != tt.message || f.hint != tt.hint {
				t.Errorf("%q\n%q\nwant\n%q\n%q", f.message, f.hint, tt.message, tt.hint)
			}
		})
	}
}
