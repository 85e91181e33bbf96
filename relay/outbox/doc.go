// Package outbox does what a relay has to tell of stored transfers: it sends mails to
// receivers, and calls the URLs of senders.
//
// What is to be done is kept with the transfers (package stored), and so survives the
// end of the relay. Several relays share it: each thing is taken by one of them, for a
// while. If that one is killed, another takes it after that time. So a mail goes out
// twice only if a relay was killed, or lost its connection, between the moment at which the
// mail server had the mail and the one at which the relay knew.
//
//	Outbox   takes what is due, and keeps what became of it
//	Mail     the account that mails are sent from
//	Hooks    how URLs are called, and which
//
// Start with [New].
package outbox
