// Package readahead reads a container that lies elsewhere, by ranges: in order, with
// several requests in flight, so that a long path is filled. It can go on at another
// place, and then requests little at first.
//
// Every chunk is opened before a byte of it is returned, so whoever gives the ranges
// may be hostile. A range that breaks off is requested again from the chunk on that is
// missing, if the caller says so.
//
// Start with [New].
package readahead
