//go:build !linux

package main

import (
	"context"
	"errors"
	"syscall"
)

// setControl leaves a socket alone: links need Linux.
func setControl(string) func(network, address string, c syscall.RawConn) error { return nil }

// askForBBR cannot be answered: links need Linux.
func askForBBR(context.Context, []string) error {
	return errors.New("the congestion control of a socket can be told on Linux only")
}
