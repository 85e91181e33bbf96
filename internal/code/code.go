// Package code makes and reads codes: what a sender prints, a person says on
// the telephone, and a receiver types. It is for the command line and the SDK.
// Start with [Generate] and [Parse].
//
//	7-acid-acorn-acre                       nameplate and words
//	7-acid-acorn-acre@relay.example         and where the relay is
//	https://relay.example/#7-acid-acorn-acre
//
// The nameplate is public: the relay finds the room by it. The words are the
// secret of the handshake and never reach the relay, which is why they stand in
// the part of a URL that is not sent.
//
// Words are drawn from the EFF's short list (2.0), in which any three letters
// at the beginning tell a word from all others. A person who chooses the words
// may use those of the EFF's long list as well.
package code

import "strings"

// Code is a code that was read.
type Code struct {
	// Nameplate is 1 to 9 digits, the first of which is not 0.
	Nameplate string

	// Words are list words in lower case.
	Words []string

	// Relay is where the room is, as --relay takes it: HOST, HOST:PORT or a URL
	// with the scheme ws, wss, http or https. Empty if the code does not say.
	Relay string
}

// Secret returns the words as the handshake takes them: joined by "-".
func (c Code) Secret() string { return strings.Join(c.Words, "-") }

// String returns the code in full: 7-acid-acorn-acre, with @HOST if there is a
// relay, or behind the relay's URL and "#".
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
