package osfs

// Created describes a file that CreateFile made, as the disk has it.
type Created struct {
	ID      uint64 // as FileID returns it
	Size    int64
	ModTime int64 // nanoseconds since 1970; it may be coarser than what was asked for

	// Unsupported is the error of a mode or a time that the file system cannot
	// store. The file was made all the same.
	Unsupported error
}

// attribute returns the error of setting a mode or a time, unless the file system
// just cannot store it.
func (c *Created) attribute(err error) error {
	if err != nil && IsUnsupportedAttribute(err) {
		c.Unsupported = err
		return nil
	}
	return err
}
