package osfs

// Read is what ReadFile did.
type Read struct {
	N             int   // bytes
	Before, After Stamp // of the file, before and after it was read
}
