package main

import (
	"cmp"
	"fmt"
	"io"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tallow-transfer/tallow/pkg/tallow"
)

// work is what a verb without a peer does, for people: Encrypting, Encrypted.
type work struct{ doing, done string }

// narrator tells people what happens in a transfer.
type narrator struct {
	screen  *screen
	row     *row // its progress; where there are several, all lines begin with the row's name
	verbose bool

	subject   string        // of a send: what is sent, for people
	device    string        // the name of the device at the other end; empty: it has none
	command   string        // what takes the code; empty: tallow receive
	receives  bool          // this side receives
	stored    bool          // to a store or from one: there is no peer
	alone     work          // of a verb without a peer
	asks      bool          // the offer is shown with the question whether to accept it
	acceptMax int64         // what is larger is declined; 0: nothing is
	codeTo    io.Writer     // where a script reads the code; nil if stdout is a terminal
	known     bool          // the code came from TALLOW_CODE: a log that others read must not have it
	broken    func(error)   // called once if codeTo cannot be written to
	keys      bool          // stdin is free for keys
	verifies  bool          // the verification words are shown with the question whether they are the same
	wait      time.Duration // for the peer to come back
	timeout   time.Duration // for the peer to come

	coded   bool // there is a code
	waits   bool // a WaitEvent was printed
	offer   tallow.Offer
	skipped []string // the first paths of what was skipped, at most shownNames
	leftOut []string // likewise of what was left out on purpose
	older   []tallow.LeftoverEvent
	written tallow.WrittenEvent
	link    tallow.StoredEvent
	kept    []string // likewise of what the receiver had and kept
	renamed int64    // files, folders and symlinks that were received under another name
	tops    []string // the first names of what was received, at most two of them
	met     bool     // the peer has proved itself
	lost    bool     // every connection to it is lost
	paused  bool     // data is held back
	stalled string   // why nothing moves, as it was last told
	err     error
}

func newNarrator(p *program) *narrator { return newNarratorOn(newScreen(p), "", p.verbose) }

// newNarratorOn returns a narrator on a screen that it may share with others, each of which has a
// name then.
func newNarratorOn(s *screen, name string, verbose bool) *narrator {
	return &narrator{screen: s, row: s.newRow(name), verbose: verbose}
}

func (n *narrator) failure() error { return n.err }

// warn tells people a warning.
func (n *narrator) warn(reason, format string, args ...any) {
	n.screen.warn(reason, "%s%s", n.name(), fmt.Sprintf(format, args...))
}

// say tells people a line.
func (n *narrator) say(format string, args ...any) {
	n.screen.say("%s%s", n.name(), fmt.Sprintf(format, args...))
}

// step tells people what is only a step on the way: on a board, if there is one.
func (n *narrator) step(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if !n.row.say("%s", strings.ToLower(text[:1])+strings.TrimSuffix(text[1:], ".")) {
		n.say("%s", text)
	}
}

// failed tells people why one of several transfers has not come to its end.
func (n *narrator) failed(f *failure) {
	if f.kind == tallow.KindInterrupted {
		return // all of them are, and a person did that
	}
	what := "Not " + n.verb() + ":"
	if f.kind == tallow.KindPartial {
		what = "In part:"
	}
	n.screen.print(n.name() + n.screen.palette.paint(red, what) + " " + printable(f.message))
	if f.hint != "" {
		n.screen.print(n.name() + printable(f.hint))
	}
}

// verb is what is done with what is sent: sent, or stored.
func (n *narrator) verb() string { return strings.ToLower(cmp.Or(n.alone.done, "Sent")) }

// name begins the lines where there are several transfers.
func (n *narrator) name() string {
	if n.row == nil || n.row.name == "" {
		return ""
	}
	return n.row.name + ": "
}

// event tells one event, or nothing.
func (n *narrator) event(event tallow.Event) {
	switch e := event.(type) {
	case tallow.CodeEvent:
		n.code(e)
	case tallow.WaitEvent:
		n.waiting(e)
	case tallow.PeerEvent:
		n.met = true
		n.step("Connected.")
	case tallow.NameEvent:
		if !n.receives || !n.asks { // else the question has it
			n.say("%s", nameText(n.peer(), e.Name))
		}
	case tallow.VerifyEvent:
		if !n.verifies {
			n.say("Verification words:  %s", printable(strings.Join(e.Words, " ")))
		}
	case tallow.OfferEvent:
		n.offered(e.Offer)
	case tallow.ProgressEvent:
		n.stalled = ""
		if !n.lost || n.row == nil || n.row.name == "" { // else its row says that the connection is lost
			n.row.progress(e, n.offer.Known)
		}
	case tallow.StateEvent:
		n.state(e.State, e.Reason)
	case tallow.StallEvent:
		n.stall(stallText(e))
	case tallow.SkipEvent:
		n.skip(e)
	case tallow.LaneEvent:
		n.row.carry(e.Lane, e.Up)
		if n.verbose {
			n.say("%s", laneText(e))
		}
	case tallow.FileEvent:
		n.file(e)
	case tallow.RenameEvent:
		if n.receives {
			n.rename(e.Taken, e.Path)
		} else {
			n.say("%s is sent as %s, since another path has its name", visible(e.Name), visible(e.Path))
		}
	case tallow.WrittenEvent:
		n.written = e
	case tallow.FallbackEvent:
		n.fallBack(e)
	case tallow.StoreResumeEvent:
		n.resumed(e)
	case tallow.StoredEvent:
		n.stores(e)
	case tallow.LeftoverEvent:
		n.older = append(n.older, e)
	case tallow.EndEvent:
		if e.State == tallow.StateCompleted {
			n.done(e.Result)
		}
	}
}

// code hands over the code: to a script on stdout, to people with the command
// for the peer. A code that replaces another one is another line.
func (n *narrator) code(e tallow.CodeEvent) {
	if n.device != "" {
		if !n.coded {
			n.say("Sending %s to %s, once tallow receive --listen runs there; Ctrl-C to stop.", n.subject, n.device)
		}
		n.coded = true
		return
	}
	if n.known && !n.coded {
		n.coded = true
		n.say("Sending %s", n.subject)
		n.say("The code is the one in TALLOW_CODE.")
		return
	}
	if n.codeTo != nil {
		if _, err := fmt.Fprintln(n.codeTo, e.Code); err != nil {
			n.err = brokenOutput(err)
			n.broken(n.err)
			return
		}
	} else if n.screen.quiet {
		n.screen.print(printable(e.Code))
	}
	if n.coded {
		n.say("The code has changed: the relay was restarted, and its number is taken.")
	} else {
		n.say("Sending %s", n.subject)
	}
	n.coded = true
	n.say("Code: %s", n.screen.palette.paint(bold, printable(e.Code)))
	n.say("On the other machine:  %s %s", cmp.Or(n.command, "tallow receive"), argument(printable(e.Code)))
	if e.LocalOnly {
		n.say("Only machines on this network can join. To reach others, use a relay: --relay HOST")
	}
}

// waiting prints what is waited for before the peer is there.
func (n *narrator) waiting(e tallow.WaitEvent) {
	switch e.Reason {
	case tallow.WaitLooking:
		if !n.waits {
			n.say("Looking for the sender on this network, for up to %s; Ctrl-C to stop.", waitText(n.timeout))
		}
	case tallow.WaitNobody:
		n.say("Nobody is waiting with this code yet; check its number, %s. Waiting up to %s for the sender; Ctrl-C to stop.", printable(e.Nameplate), waitText(n.timeout))
	case tallow.WaitUnreachable:
		n.say("The sender is on this network, but cannot be reached: %s. Trying again.", printable(e.Detail))
	case tallow.WaitRelayLost:
		n.say("Lost the connection to the relay %s: %s. Trying again.", printable(e.Relay), printable(e.Detail))
	case tallow.WaitListing:
		n.say("Going through %s first; this takes a moment.", n.subject)
	case tallow.WaitReading:
		n.say("Reading %s to its end first.", n.subject)
	case tallow.WaitRelayBack:
		n.say("Connected to the relay %s again.", printable(e.Relay))
	}
	n.waits = true
}

// argument quotes a code for a command line, in a way that every shell takes.
func argument(code string) string {
	if strings.ContainsAny(code, "#[]%&'()*;~$`! ") {
		return `"` + code + `"`
	}
	return code
}

func (n *narrator) offered(o tallow.Offer) {
	n.offer = o
	if n.asks && o.Text && o.Peer.Name != "" { // nobody is asked
		n.say("%s", nameText(n.peer(), o.Peer.Name))
	}
	switch {
	case n.alone.doing != "":
		n.step("%s %s: %s.", n.alone.doing, namesText(o.Names), sizeText(o))
	case !n.receives:
		n.step("Offering %s.", sizeText(o))
	case n.acceptMax > 0 && o.Bytes > n.acceptMax:
		n.say("Declining %s: %s.", namesText(o.Names), sizeText(o))
	case !n.asks && !o.Text:
		n.say("%s %s: %s.", receivingText(o), namesText(o.Names), sizeText(o))
	}
}

// state tells what of a transfer's state is not told by other events.
func (n *narrator) state(s tallow.State, reason string) {
	switch {
	case (n.met || n.stored) && s == tallow.StateConnecting:
		n.lost = true
		n.row.say("connection lost")
		what, whom := "Connection lost", n.peer()
		if reason != "" {
			what, whom = "The receiver cannot go on: "+printable(reason), "it to be run again with the same code"
		}
		if n.wait > 0 {
			n.say("%s. Waiting up to %s for %s; Ctrl-C to stop.", what, waitText(n.wait), whom)
		} else {
			n.say("%s.", what)
		}
	case n.lost && s == tallow.StateTransferring:
		n.lost = false
		n.row.say("connected again")
		n.say("Connected again.")
	}
	paused := s == tallow.StatePaused
	if paused == n.paused {
		return
	}
	n.paused = paused
	switch shown := n.row.hold(paused); {
	case shown:
	case paused:
		n.say("Paused.")
	case s == tallow.StateTransferring:
		n.say("Going on.")
	}
}

// peer is the other machine, for people.
func (n *narrator) peer() string {
	switch {
	case n.stored:
		return "the relay"
	case n.receives:
		return "the sender"
	}
	return "the receiver"
}

// nameText says what a peer calls itself. That is a claim, in quotes, so that the name
// cannot pass for words of this program.
func nameText(who, name string) string {
	return strings.ToUpper(who[:1]) + who[1:] + " calls itself " + strconv.Quote(printable(name)) + "."
}

// stall tells why nothing moves, once. That a connection is lost was said.
func (n *narrator) stall(reason string) {
	if n.lost && !n.verbose || reason == n.stalled {
		return
	}
	n.stalled = reason
	n.say("Nothing moves: %s.", printable(reason))
}

func (n *narrator) done(r tallow.Result) {
	switch {
	case n.receives && r.Text != "": // it speaks for itself
	case n.receives:
		n.say("%s %s", n.screen.palette.paint(green, cmp.Or(n.alone.done, "Received")), resultText(r))
		n.hashed(r)
		n.saved(r)
	default:
		n.say("%s %s", n.screen.palette.paint(green, cmp.Or(n.alone.done, "Sent")), resultText(r))
		n.hashed(r)
	}
	if n.written.Path != "" {
		n.say("Saved as %s (%s)", printable(n.written.Path), bytesText(n.written.Bytes))
	}
	if more := n.renamed - shownNames; more > 0 && !n.verbose {
		n.say("Received under another name, as theirs was taken: %s more", omittedText(more, "entry", "entries", nil))
	}
	if r.Skipped > 0 {
		n.say("%s %s", n.screen.palette.paint(yellow, "Skipped"), omittedText(r.Skipped, "entry", "entries", n.skipped))
	}
	if r.LeftOut > 0 {
		n.say("Left out on purpose: %s", omittedText(r.LeftOut, "symlink", "symlinks", n.leftOut))
	}
	if r.Kept > 0 {
		where := "with the receiver"
		if n.receives {
			where = "here"
		}
		n.say("Not %s, as it is %s already: %s", cmp.Or(strings.ToLower(n.alone.done), "sent"), where, omittedText(r.Kept, "entry", "entries", n.kept))
	}
	n.leftovers()
	n.linked()
}

// leftovers tells what interrupted transfers have left in the folder.
func (n *narrator) leftovers() {
	if len(n.older) == 0 {
		return
	}
	var paths []string
	var bytes int64
	for _, l := range n.older {
		paths = append(paths, l.Path)
		bytes += l.Bytes
	}
	n.say("Interrupted before, and kept: %s (%s). Receive the same again to go on, or delete it.", namesText(paths), bytesText(bytes))
}

// skip tells of an entry that was not sent, or notes it for the end.
func (n *narrator) skip(e tallow.SkipEvent) {
	switch {
	case e.LeftOut:
		n.leaveOut(e)
	case e.Kept:
		n.kept = addShown(n.kept, e.Path)
	default:
		n.skipped = addShown(n.skipped, e.Path)
		n.say("Skipped %s: %s", visible(e.Path), printable(e.Reason))
	}
}

// leaveOut notes what was left out on purpose: it is told at the end, since there
// may be much of it.
func (n *narrator) leaveOut(e tallow.SkipEvent) {
	n.leftOut = addShown(n.leftOut, e.Path)
	if n.verbose {
		n.say("Left out %s: %s", visible(e.Path), printable(e.Reason))
	}
}

// addShown adds a path, unless there are as many as are shown.
func addShown(paths []string, p string) []string {
	if len(paths) < shownNames {
		return append(paths, p)
	}
	return paths
}

func receivingText(o tallow.Offer) string {
	if o.Resuming {
		return "Going on with"
	}
	return "Receiving"
}

// rename tells of a file, folder or symlink that was given another name: of the
// first ones, and of all of them with --verbose.
func (n *narrator) rename(taken, as string) {
	if n.renamed < shownNames || n.verbose {
		n.say("%s is there already: %s as %s", visible(taken), cmp.Or(strings.ToLower(n.alone.done), "received"), visible(path.Base(as)))
	}
	n.renamed++
}

// file notes the path of a file that is in place.
func (n *narrator) file(e tallow.FileEvent) {
	if e.Taken != "" {
		n.rename(e.Taken, e.Path)
	}
	top, _, _ := strings.Cut(e.Path, "/")
	if len(n.tops) < 2 && !slices.Contains(n.tops, top) {
		n.tops = append(n.tops, top)
	}
}

// hashed tells the hash of what was transferred, which both sides can compare.
func (n *narrator) hashed(r tallow.Result) {
	switch {
	case r.Root == "":
	case r.Files == 1:
		n.say("BLAKE3 %s", r.Root)
	default:
		n.say("Root hash %s", r.Root)
	}
}

// saved tells where what was received is.
func (n *narrator) saved(r tallow.Result) {
	switch {
	case r.Folder == "" || r.Files == 0:
	case len(n.tops) == 1:
		n.say("Saved as %s", printable(filepath.Join(r.Folder, n.tops[0])))
	case filepath.Clean(r.Folder) == ".":
		n.say("Saved in this folder")
	default:
		n.say("Saved in %s", printable(filepath.Clean(r.Folder)))
	}
}
