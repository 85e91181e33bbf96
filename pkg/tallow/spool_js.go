package tallow

// maxPartSegments is how many segments a part may have: all of them are in memory.
const maxPartSegments = 4

// newSpool returns none: a browser has no folder for it.
func newSpool() (*spool, error) { return nil, nil }
