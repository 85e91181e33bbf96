package tallow

import (
	"bytes"
	"io"

	"github.com/tallow-transfer/tallow/internal/container"
)

// partBuffer has the sealed segments of a part until it is stored: in memory, or in a
// file if there are several, so that memory does not grow with the part.
type partBuffer struct {
	payload int64  // bytes of the payload in it
	sealed  []byte // what is not in the file
	file    *spool // nil: there is none
	size    int64  // of what is in the file
}

func newPartBuffer(segments int) (*partBuffer, error) {
	b := &partBuffer{sealed: make([]byte, 0, container.Preface+container.SealedSegment)}
	if segments == 1 {
		return b, nil
	}
	var err error
	b.file, err = newSpool()
	return b, err
}

// reset empties the buffer.
func (b *partBuffer) reset() { b.payload, b.sealed, b.size = 0, b.sealed[:0], 0 }

// preface adds what is before the first segment of a container.
func (b *partBuffer) preface(k *container.Keys, offer []byte) (err error) {
	b.sealed, err = k.SealOffer(append(b.sealed, k.Header().Bytes()...), offer)
	return err
}

// seal adds a segment.
func (b *partBuffer) seal(k *container.Keys, index uint64, payload []byte, last bool) (err error) {
	if b.sealed, err = k.SealSegment(b.sealed, index, payload, last); err != nil {
		return err
	}
	b.payload += int64(len(payload))
	if b.file == nil {
		return nil
	}
	if _, err := b.file.WriteAt(b.sealed, b.size); err != nil {
		return spoolError(err)
	}
	b.size += int64(len(b.sealed))
	b.sealed = b.sealed[:0]
	return nil
}

// part returns what is in the buffer. It is valid until reset.
func (b *partBuffer) part(number int) part {
	p := part{number: number, payload: b.payload, buffer: b}
	if b.file == nil {
		p.sealed = io.NewSectionReader(bytes.NewReader(b.sealed), 0, int64(len(b.sealed)))
	} else {
		p.sealed = io.NewSectionReader(b.file, 0, b.size)
	}
	return p
}

func (b *partBuffer) close() {
	if b.file != nil {
		b.file.close()
	}
}
