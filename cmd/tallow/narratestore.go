package main

import (
	"fmt"
	"time"

	"github.com/tallow-transfer/tallow/pkg/tallow"
)

// storing makes what follows that of a store: there is no peer.
func (n *narrator) storing() { n.stored, n.alone = true, work{"Storing", "Stored"} }

// fallBack tells why something is stored instead of sent.
func (n *narrator) fallBack(e tallow.FallbackEvent) {
	n.lost, n.stalled = false, ""
	n.storing()
	switch e.Reason {
	case tallow.FallbackNobody:
		n.say("Nobody came in time. The code is not good any more: it is stored at the relay instead.")
	case tallow.FallbackConnection:
		n.say("There is no connection to the receiver: it is stored at the relay instead.")
	}
}

// resumed tells what becomes of an upload that was interrupted.
func (n *narrator) resumed(e tallow.StoreResumeEvent) {
	switch e.Anew {
	case "":
		n.say("Going on with an upload that was interrupted.")
	case tallow.AnewChanged:
		n.say("The files have changed since the upload that was interrupted: they are stored anew.")
	case tallow.AnewPassword:
		n.say("The upload that was interrupted has another password: everything is stored anew.")
	case tallow.AnewGone:
		n.say("The relay does not have the upload that was interrupted any more: everything is stored anew.")
	}
}

// stores hands over the link to a script on stdout. People get it at the end.
func (n *narrator) stores(e tallow.StoredEvent) {
	n.link = e
	switch {
	case n.device != "": // it is told
	case n.codeTo != nil:
		if _, err := fmt.Fprintln(n.codeTo, e.Link); err != nil {
			n.err = brokenOutput(err)
			n.broken(n.err)
		}
	case n.screen.quiet:
		n.screen.print(printable(e.Link))
	}
}

// linked hands over the link to people.
func (n *narrator) linked() {
	if n.link.Link == "" {
		return
	}
	if n.device != "" {
		n.say("Stored for %s, which fetches it once tallow receive --listen runs there, until %s.", n.device, momentText(n.link.Expires))
		n.say("To see what became of it, or to delete it: tallow stored")
		return
	}
	link := printable(n.link.Link)
	n.say("Link: %s", n.screen.palette.paint(bold, link))
	n.say("On the other machine:  tallow receive %s", argument(link))
	n.say("Whoever has the link can fetch it, %s, until %s.", downloadsText(n.link.Downloads), momentText(n.link.Expires))
	n.say("To see what became of it, or to delete it: tallow stored")
}

// downloadsText says how often something may be fetched.
func downloadsText(n int) string {
	switch n {
	case 0:
		return "as often as they like"
	case 1:
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

// momentText is a time for people, to the minute; with seconds where it is near.
func momentText(t time.Time) string {
	if time.Until(t).Abs() < 10*time.Minute {
		return t.Local().Format(time.DateTime)
	}
	return t.Local().Format("2006-01-02 15:04")
}
