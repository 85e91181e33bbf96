package stored

import (
	"context"
	"io"
	"time"
)

// Index keeps records. Each method is atomic, also against other nodes that share the
// index, and what it has done survives the end of the process. Records that are passed
// and returned are the caller's to keep.
type Index interface {
	// Create adds a record, unless that would exceed the limits: ErrFull or
	// ErrClientQuota.
	Create(ctx context.Context, r Record, l Limits) error
	// Find returns a record, or ErrUnknown.
	Find(ctx context.Context, id ID) (Record, error)
	// Update has change change a record, which may be called more than once, and keeps
	// the result unless it returns an error, which Update returns then; or it is
	// ErrUnknown. It returns the record as it is afterwards.
	Update(ctx context.Context, id ID, change func(*Record) error) (Record, error)
	// Delete removes a record. That there is none is no error.
	Delete(ctx context.Context, id ID) error
	// Each calls visit with each record, until it returns an error, which Each returns.
	Each(ctx context.Context, visit func(Record) error) error
	// Due returns the IDs of records whose Due is not after now, at most limit, those
	// that have waited longest first.
	Due(ctx context.Context, now time.Time, limit int) ([]ID, error)
	// Count adds one to each of some counters of the day of now, unless that would exceed
	// a limit: then it is ErrMailQuota, and nothing is added. What was counted on a day is
	// gone two days later at the latest.
	Count(ctx context.Context, now time.Time, counters []Counter) error
}

// Part is a part of a transfer that is there as a whole.
type Part struct {
	Number int
	Size   int64
}

// Blobs keep the bytes of transfers in numbered parts. First parts are put, in any
// order; then the transfer is finished, and is read as a whole. Of a Record they look at
// ID, Upload and Parts.
type Blobs interface {
	// Shape returns what the parts have to be.
	Shape() Shape
	// Begin prepares for the parts of a transfer. It returns what they need to know of it
	// afterwards: the Upload of its record, which may be empty.
	Begin(ctx context.Context, id ID) (upload string, err error)
	// Put keeps a part of size bytes. It is there as a whole or not at all, and once
	// Put has returned it survives a power cut. One of the same number is replaced. The
	// error is io.ErrUnexpectedEOF if body ends too early. If body is an io.Closer, Put may
	// close it to end a Read, and reads nothing of it once it has returned.
	Put(ctx context.Context, r Record, number int, body io.Reader, size int64) error
	// Parts returns the parts that are there, by number, of a transfer that is not
	// finished. The error may be ErrUnknown.
	Parts(ctx context.Context, r Record) ([]Part, error)
	// Finish makes a whole of the parts: all that are there, without a gap. To do it again
	// changes nothing. The error may be ErrUnknown.
	Finish(ctx context.Context, r Record, parts []Part) error
	// Read reads n bytes of a finished transfer from an offset on. The error is
	// ErrUnknown if there is none.
	Read(ctx context.Context, r Record, offset, n int64) (io.ReadCloser, error)
	// Delete removes all of a transfer, finished or not. That there is nothing is no
	// error. Of an orphan only the ID is known.
	Delete(ctx context.Context, r Record) error
	// Each calls visit with each transfer that has parts.
	Each(ctx context.Context, visit func(ID) error) error
	// Free returns how many bytes there is room for; false if that is not known.
	Free(ctx context.Context) (int64, bool)
}

// Bulk is what Blobs have, too, that remove many transfers for little more than one.
type Bulk interface {
	// DeleteAll is Delete for each of them.
	DeleteAll(ctx context.Context, all []Record) error
}

// Shape is what the parts of a transfer have to be.
type Shape struct {
	MinPart  int64 // bytes of each part but the last
	MaxParts int   // number of parts
	MaxSize  int64 // bytes of all parts
}

// Direct is what Blobs have, too, whose bytes go straight between a client and the
// place where they are.
type Direct interface {
	// Origin returns the origin of all URLs that are signed: scheme, host and port.
	Origin() string
	// PutURL signs a URL to which a client may PUT a part of exactly that size, with the
	// size as its Content-Length.
	PutURL(ctx context.Context, r Record, number int, size int64) (SignedURL, error)
	// GetURL signs a URL from which a client may GET exactly these bytes, with the range
	// as its Range.
	GetURL(ctx context.Context, r Record, offset, n int64) (SignedURL, error)
}

// SignedURL allows one request until it expires.
type SignedURL struct {
	URL     string
	Expires time.Time
}
