// Package code generates and parses codes: what a sender prints, a person reads
// out, and a receiver types. It is for the command line and the SDK. Start with
// [Generate] and [Parse].
//
//	7-acid-acorn-acre                       nameplate and words
//	7-acid-acorn-acre@relay.example         and where the relay is
//	https://relay.example/#7-acid-acorn-acre
//
// The nameplate is public: the relay finds the room by it. The words are the
// secret of the handshake and never reach the relay. In a URL they are in the
// fragment, which is not sent.
//
// Words are drawn from the EFF's short word list 2.0, in which no two words have
// the same first three letters. A person who chooses the words may also use those
// of the EFF's long list.
package code

import "strings"

// Code is a parsed code.
type Code struct {
	// Nameplate has 1 to 9 digits and does not begin with 0.
	Nameplate string

	// Words are list words in lower case.
	Words []string

	// Relay is where the room is, as --relay takes it: HOST, HOST:PORT or a URL
	// with the scheme ws, wss, http or https. Empty if the code does not say.
	Relay string
}

// Secret returns the words as the handshake takes them: joined by "-".
func (c Code) Secret() string { return strings.Join(c.Words, "-") }

// String returns the whole code: 7-acid-acorn-acre, followed by @HOST if it has a
// relay, or after the relay's URL and "#".
func (c Code) String() string {
	bare := c.Nameplate + "-" + c.Secret()
	switch {
	case c.Relay == "":
		return bare
	case strings.Contains(c.Relay, "://"):
		return c.Relay + "#" + bare
	}
	return bare + "@" + c.Relay
}
