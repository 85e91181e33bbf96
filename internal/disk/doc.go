// Package disk is about the files of this machine. It has no code of its own; its
// tests bring files from one part to the other.
//
//	source       what the sending side reads: files and folders
//	destination  what the receiving side writes: a folder
//	  names        checks the names that a peer sends
//	  partial      the hidden folder with what is not in place yet
//	  journal      the durable record of what has arrived
//	osfs         the calls to the operating system
//
// Package source implements files.Source, and package destination
// files.Destination, so that package transfer knows no path of this machine. Start
// with source.NewPaths and destination.NewFolder.
package disk
