//go:build !linux

package disk

import "os"

// startWriteBack does nothing: here a system begins to write when it likes to.
func startWriteBack(_ *os.File, _, _ int64) {}
