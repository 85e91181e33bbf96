// Package osfs has the calls to the operating system that package os does not
// have, for the two sides of a transfer, packages source and destination. Each
// call has one name on every system; what a system cannot do is a documented
// no-op or the closest thing that it can do.
//
//	sync      SyncFilesystem, SyncData, SyncDir        wait until data survives a power cut
//	reserve   Reserve, PunchHole                       room on the disk, and holes
//	writeback StartWriteback                           begin to write, without waiting
//	space     FreeSpace, Allocated, IsFull, IsQuota    room that is left
//	inode     InodeOf, FileID, HasLinks, OwnedByUser   which file it is, and whose
//	move      Move, Replace, SetLinkTime               rename between two open folders
//	create    CreateFile                               make a small file in few calls
//	read      ReadFile                                 read one in few calls
//	probe     TryCreate                                whether a folder can be written to
//	open      OpenDir, OpenRegular, Dir                open what was looked at, and nothing else
//
// The variants of a call for each system are in files of its name, such as
// sync_unix.go and sync_windows.go.
package osfs
