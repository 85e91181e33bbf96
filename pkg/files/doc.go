// Package files says what a transfer reads from and writes to: a [Source] on
// the sending side and a [Destination] on the receiving side. Package tallow has
// both for the disk of this machine; a program that keeps its files elsewhere
// (in memory, in a database, in a browser) brings its own.
//
//	Source        Names, Count, Walk      lists what is sent
//	  Item        one entry, and Open
//	  SourceFile  an open file
//
//	Destination   Begin, Prepare ..., Commit ..., Finish
//	  File        one file that is being received
//
// Start with [FS] for a source that is an fs.FS, and with [Destination] to
// write one.
package files
