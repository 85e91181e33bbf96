// Package mail sends the mails that tell somebody of a stored transfer: from the
// sender's own account, or from a relay.
//
//	ParseAddress, ParseMailbox   what may be an address
//	Compose                      a Message from what there is to say
//	Sender                       SMTP, or the HTTP API of Resend
//	Temporary, Setup, Reason     what an error means, and its words for people
//	Schedule                     when to try again, and when to give up
//
// Mails have a text and an HTML part that say the same. They load nothing and tell
// nobody that they were read. What the sender of a transfer has written is in them without
// links, so that nobody sends others to places of his own by a relay's mail.
//
// Start with [Compose] and [Sender].
package mail
