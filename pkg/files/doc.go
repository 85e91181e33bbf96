// Package files says what a transfer reads from and writes to: a [Source] on
// the sending side and a [Destination] on the receiving side. Package tallow has
// both for the disk of this machine. A program that keeps its files elsewhere, in
// memory, in a database or in a browser, brings its own.
//
//	Source        Names, Count, Walk      lists what is sent
//	  Item        one entry, and Open
//	  SourceFile  an open file
//
//	Destination   Begin, Prepare ..., Commit ..., Finish
//	  File        one file that is being received
//
// Start with [FS] to send an fs.FS, with [NewMemory] to receive into memory, and
// with [Destination] and the tests of package filestest to write a destination.
package files
