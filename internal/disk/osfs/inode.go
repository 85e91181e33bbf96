package osfs

// Inode says which file of this machine a file is, and when the system last
// changed anything about it. Fields that a system does not have are 0.
type Inode struct {
	Device, Number uint64
	ChangeTime     int64 // ctime in nanoseconds since 1970; it moves even if mtime was set back
}

// SameFile reports whether both are the same file, changed or not.
func (i Inode) SameFile(j Inode) bool { return i.Device == j.Device && i.Number == j.Number }
