//go:build unix && !linux && !darwin

package disk

// moveNew renames old of from to name of to, which must not be there: then the
// error is fs.ErrExist.
func moveNew(from, to *openDir, old, name string) error { return linkNew(from, to, old, name) }
