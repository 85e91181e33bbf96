// Package sealeddb keeps values in SQLite databases of which a reader without the
// device key learns little: each value is sealed with AES-256-GCM for its place, each
// column with a key of its own. Any number of processes may share a database.
//
// docs/security.md says what that protects. Start with [Open] and [Schema].
package sealeddb
