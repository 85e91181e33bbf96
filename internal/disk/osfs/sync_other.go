//go:build !linux

package osfs

import "os"

// SyncsFilesystem says whether SyncFilesystem does anything.
const SyncsFilesystem = false

// SyncFilesystem does nothing: on this system files are synced one by one.
func SyncFilesystem(*os.File) error { return nil }

// SyncData waits until the bytes of f are durable.
func SyncData(f *os.File) error { return f.Sync() }

// SyncDir waits until the names in the folder dir are durable. Some systems
// refuse, and have nothing else that could be done.
func SyncDir(dir *os.File) { _ = dir.Sync() }
