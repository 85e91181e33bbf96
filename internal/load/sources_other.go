//go:build !linux

package main

// manySources: only 127.0.0.1 is an address of this machine.
const manySources = false
