// Package stream sends and receives what is no file on a disk: a reader such as
// standard input, a short text, a writer such as standard output.
//
//	Reader   a files.Source of an io.Reader, whose size is known only at its end
//	Text     a files.Source of a short text
//	Writer   a files.Destination of one file on an io.Writer, in order
//	Buffer   a files.Destination of one short file in memory
//
// It needs no disk, and so works in a browser as well. Start with NewReader and
// NewWriter.
package stream
