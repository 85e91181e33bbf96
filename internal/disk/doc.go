// Package disk is where files are read on the sending side and written on the
// receiving side, for package transfer, which knows no path of this machine.
//
// The sending side lists what a person asked to send and opens it: Source for
// files and folders, Stream for standard input, Text for a short text. They
// have the same methods. Start with NewSource.
//
// The receiving side takes entries that a stranger named: Folder for files,
// Writer for standard output, Memory for a short text. They have the same
// methods too, in this order:
//
//	Begin     the person accepted; find what an interrupted transfer left
//	Remember  Folder only: what a later process finds with Remembered
//	Prepare   once an entry, in the order of the manifest; gives a File
//	  Have, WriteAt, Verified, SetSize      on the File
//	Commit    a batch of Files: synced, then renamed to their names
//	Finish    symlinks, modes and times of folders; nothing of ours stays
//	Close     always, also after an error; what can be resumed stays
//
// Start with NewFolder. What it keeps on the disk until Finish:
//
//	DEST/.tallow-<16 hex of the names>/lock            partial.go
//	                                  /journal         claims.go, journal.go, record.go, remember.go
//	                                  /<16 hex>.part   file.go, whole.go
//	                                  /folders, links  spool.go
//
// A file that is there already, of an interrupted transfer or of the person's
// own, is in standing.go, with meet.go, takeback.go and keep.go: what it has in
// common is not sent.
//
// Nothing unverified ever bears a final name, every name that came from the
// peer goes through one gate (gate.go), and nothing is reached through a
// symlink (parents.go).
package disk
