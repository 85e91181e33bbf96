package journal

import (
	"bytes"
	"io"
	"slices"
)

// maxBlobs bounds what ReadSealed returns: anyone who runs programs as this user
// can have written the journal.
const maxBlobs = 16

// ReadSealed returns the blobs of the Sealed records of a journal, each once, the
// newest first, at most 16, and the name of the last Named record. Damage ends the reading without an error; the error
// is of reading alone.
func ReadSealed(r io.Reader) (blobs [][]byte, as string, err error) {
	_, err = Read(r, func(_ int64, r Record) bool {
		switch r := r.(type) {
		case Opened:
			return r.Version == Version
		case Named:
			as = r.As
		case Sealed:
			blobs = appendNewest(blobs, r.Blob)
		}
		return true
	})
	slices.Reverse(blobs)
	return blobs, as, err
}

func appendNewest(blobs [][]byte, blob []byte) [][]byte {
	blobs = slices.DeleteFunc(blobs, func(b []byte) bool { return bytes.Equal(b, blob) })
	if len(blobs) == maxBlobs {
		blobs = blobs[1:]
	}
	return append(blobs, blob)
}
