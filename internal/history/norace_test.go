//go:build !race

package history

// manyEntries is how many there are where a search has to be quick.
const manyEntries = 100_000
