//go:build !unix

package main

// raiseFileLimit returns how many files a process may have open: there is no limit
// to raise here.
func raiseFileLimit() uint64 { return 1 << 20 }
