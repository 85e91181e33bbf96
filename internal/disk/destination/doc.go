// Package destination is where the receiving side writes: a [Folder] of this
// machine, which is a files.Destination with a Close.
//
// Start with [NewFolder]. The peer is not trusted: nothing that was not verified
// gets its final name, every name goes through package names, and nothing is
// reached through a symlink (dirs.go).
//
// A file passes through these steps:
//
//	prepare.go     its name is checked, and what is in its place is looked at
//	  conflicts.go   by the policy, if the name is taken
//	  existing.go    or compared first: equal blocks are not sent
//	file.go        its blocks are written to a partial file; state.go has the states
//	claims.go      verified blocks are synced and recorded in the journal
//	commit.go      the file is synced, recorded and renamed to its final name
//	finish.go      at the end: symlinks, modes and times of folders
//
// The parts of a Folder share a tree (tree.go). What is not in place yet is in
// package partial.
package destination
