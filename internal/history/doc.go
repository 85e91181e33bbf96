// Package history keeps what was sent and received on this machine, sealed, in one
// SQLite database that any number of processes share. Start with [Open],
// [Store.Begin] and [Store.List].
//
// Each transfer is an [Entry]. It is written when the transfer begins, and again when
// more of it is known and when it ends. An entry of a process that was killed is told
// as interrupted: while a process runs it holds a lock on a file of the folder
// running, and the entry has the file's name.
//
// In the clear are an entry's number, times, direction and state. All else is sealed
// with AES-256-GCM, value by value, each column with a key of its own that is derived
// from the device key (seal.go). Sealed columns have no index, so a search opens the
// texts of all entries. That is quick because entries that have ended have their texts
// together in pages (page.go): 100,000 entries are some hundred pages.
package history
