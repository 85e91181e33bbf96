package main

import (
	"math"
	"testing"
)

func TestAddressSpace(t *testing.T) {
	for limit, enough := range map[uint64]bool{0: false, leastAddressSpace - 1: false, leastAddressSpace: true, math.MaxUint64: true} {
		if err := addressSpaceError(limit); (err == nil) != enough {
			t.Errorf("%d: %v", limit, err)
		}
	}
}
