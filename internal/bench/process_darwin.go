package main

import (
	"os"
	"os/exec"
	"syscall"
)

// dieWithParent does nothing on this system.
func dieWithParent(*exec.Cmd, syscall.Signal) {}

// peakMemory returns the largest amount of memory that a process had, in bytes.
func peakMemory(s *os.ProcessState) int64 { return s.SysUsage().(*syscall.Rusage).Maxrss }
