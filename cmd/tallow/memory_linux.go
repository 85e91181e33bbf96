package main

import (
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/tallow-transfer/tallow/pkg/tallow"
)

// leastAddressSpace is what the program needs of "ulimit -v", in bytes. Most of it is
// reserved and never used: the Go runtime keeps its arenas apart, and each thread
// has a stack. With less, the runtime ends with a trace in the middle of something.
const leastAddressSpace = 2 << 30

// checkAddressSpace finds a limit of the address space that is too low.
func checkAddressSpace() error {
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_AS, &limit) != nil {
		return nil
	}
	return addressSpaceError(limit.Cur)
}

// addressSpaceError is the error for a limit, nil if it is high enough.
func addressSpaceError(limit uint64) error {
	if limit >= leastAddressSpace {
		return nil
	}
	return &failure{
		kind:    tallow.KindIO,
		message: fmt.Sprintf("the limit of virtual memory, %s, is too low: %s are needed", bytesText(int64(limit)), bytesText(leastAddressSpace)),
		hint:    fmt.Sprintf("Raise it: ulimit -v %d, or ulimit -v unlimited. It does not say how much memory is used, which is less than 150 MB.", leastAddressSpace>>10),
	}
}
