//go:build !linux

package disk

import "os"

// syncsWhole says that syncWhole does something: here files are synced one by
// one.
const syncsWhole = false

func syncWhole(*os.File) error { return nil }

// syncData waits until the bytes of f are durable.
func syncData(f *os.File) error { return f.Sync() }

// syncFolder makes the names in a folder durable where that can be asked for:
// some systems refuse it, and then there is nothing more to do.
func syncFolder(dir *os.File) { _ = dir.Sync() }
