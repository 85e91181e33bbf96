// Package journal is the durable record of what has arrived of a transfer: which
// blocks of the partial files were verified, and which files were given their
// final names. A receiver that was killed reads it to find out what need not be
// sent again.
//
// The file is only appended to. Its layout is in record.go. A block is recorded
// after its bytes were synced, a file before it is renamed. Still, nothing in a
// journal is believed until it was checked against the files: a tail that was cut
// off, or a disk that lost what it had synced, costs a second transmission and
// nothing else.
//
// Start with [Journal] for writing and [ReadAccount] for reading.
package journal
