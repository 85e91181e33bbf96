//go:build !linux && !darwin

package main

import (
	"os"
	"os/exec"
	"syscall"
)

// dieWithParent does nothing on this system.
func dieWithParent(*exec.Cmd, syscall.Signal) {}

// peakMemory returns 0: it is not known on this system.
func peakMemory(*os.ProcessState) int64 { return 0 }
