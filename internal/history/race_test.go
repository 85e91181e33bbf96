//go:build race

package history

// manyEntries is how many there are where a search has to be quick. The race detector
// is given fewer.
const manyEntries = 10_000
