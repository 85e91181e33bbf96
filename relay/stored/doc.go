// Package stored keeps transfers for receivers that come later: what a sender has
// sealed (package container of this module), in parts, until it was fetched as often as
// it may be, or until its time is over. It learns sizes and times, and nothing of what
// is in it.
//
//	Service   what may be done, by whom, and when; it is what a relay's routes call
//	Index     the records of transfers and their counts, behind an interface
//	Blobs     their bytes, behind an interface
//
// A transfer begins with Create. Its sender then puts parts, in any order and again if
// need be, and completes it. A receiver reads the beginning, claims a download by a
// proof that it knows the key, reads, and commits. What is claimed and not committed
// is free again after a while.
//
// Start with [New]. Package diskstore has an Index and Blobs in a folder; package
// storedtest the suites that all of them pass.
package stored
