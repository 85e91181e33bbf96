//go:build !js

package tallow

import (
	"math"
	"os"
)

// maxPartSegments is how many segments a part may have: as many as the relay says.
const maxPartSegments = math.MaxInt

// newSpool makes a file for sealed segments. Where the system allows that it has no name,
// so that nothing is left of it after a process that was killed.
func newSpool() (*spool, error) {
	f, err := os.CreateTemp("", "tallow-*.sealed")
	if err != nil {
		return nil, spoolError(err)
	}
	return &spool{f, os.Remove(f.Name()) != nil}, nil
}
