package main

import (
	"io/fs"
	"os"
	"strconv"

	"github.com/rogpeppe/go-internal/testscript"
)

// mode MODE PATH... checks that each path has the mode, in octal. 1000 is the
// sticky bit.
func checkMode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: mode MODE PATH...")
	}
	want := parseMode(ts, args[0])
	for _, p := range args[1:] {
		info, err := os.Lstat(ts.MkAbs(p))
		ts.Check(err)
		if got := info.Mode() &^ fs.ModeDir; got != want {
			ts.Fatalf("%s has the mode %v, want %v", p, got, want)
		}
	}
}

// setmode MODE PATH... gives each path the mode. Unlike the chmod of testscript it
// knows the sticky, setuid and setgid bits.
func changeMode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: setmode MODE PATH...")
	}
	for _, p := range args[1:] {
		ts.Check(os.Chmod(ts.MkAbs(p), parseMode(ts, args[0])))
	}
}

func parseMode(ts *testscript.TestScript, s string) fs.FileMode {
	n, err := strconv.ParseUint(s, 8, 12)
	ts.Check(err)
	m := fs.FileMode(n).Perm()
	for bit, mode := range map[uint64]fs.FileMode{0o1000: fs.ModeSticky, 0o2000: fs.ModeSetgid, 0o4000: fs.ModeSetuid} {
		if n&bit != 0 {
			m |= mode
		}
	}
	return m
}
