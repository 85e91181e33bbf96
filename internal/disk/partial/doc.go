// Package partial is the hidden folder inside a destination that holds what a
// transfer has not put in place yet. It is on the same disk as the destination,
// so that a file gets its final name by a rename.
//
//	DEST/.tallow-<16 hex of the names>/lock              held while a process uses it
//	                                  /journal           package journal
//	                                  /0/<16 hex>.part   the bytes of one file, in one
//	                                                     of 16 subfolders: by its first digit
//	                                  /folders, links    what is left for the end
//
// A folder that an interrupted transfer of the same names left is used again, by
// one process at a time. [Remembered] finds folders whose transfers can resume.
//
// Start with [Open].
package partial
