package container

import (
	"errors"
	"io"
)

// Sink takes the segments of a payload in order. Each is SegmentSize bytes but the
// last, which may have fewer chunks. The payload is valid until Segment returns.
type Sink interface {
	Segment(index uint64, payload []byte, last bool) error
}

// Writer divides what is written to it into segments. Close pads it and ends it.
// Without Close there is no last chunk, and the container does not open.
type Writer struct {
	sink  Sink
	buf   []byte
	index uint64
	total int64
	err   error // the first one; then nothing more is passed on
}

// NewWriter returns a Writer to a sink.
func NewWriter(s Sink) *Writer { return &Writer{sink: s, buf: make([]byte, 0, SegmentSize)} }

// errTooLong is the error of a payload of more than MaxPayload bytes.
var errTooLong = errors.New("container: too long")

// Write adds to the payload.
func (w *Writer) Write(p []byte) (int, error) {
	if w.err == nil && int64(len(p)) > MaxPayload-w.total {
		w.err = errTooLong
	}
	written := 0
	for len(p) > 0 && w.err == nil {
		w.makeRoom()
		if w.err != nil {
			break
		}
		n := min(len(p), SegmentSize-len(w.buf))
		w.buf = append(w.buf, p[:n]...)
		p = p[n:]
		written += n
		w.total += int64(n)
	}
	return written, w.err
}

// makeRoom passes on a segment that is full, now that more follows.
func (w *Writer) makeRoom() {
	if len(w.buf) < SegmentSize {
		return
	}
	w.err = w.sink.Segment(w.index, w.buf, false)
	w.index++
	w.buf = w.buf[:0]
}

// Close pads the payload with zeros and passes on the last segment.
func (w *Writer) Close() error {
	for rest := Padded(w.total) - w.total; rest > 0 && w.err == nil; {
		w.makeRoom()
		n := int(min(rest, int64(SegmentSize-len(w.buf))))
		clear(w.buf[len(w.buf) : len(w.buf)+n])
		w.buf = w.buf[:len(w.buf)+n]
		rest -= int64(n)
	}
	if w.err == nil {
		w.err = w.sink.Segment(w.index, w.buf, true)
	}
	if w.err != nil {
		return w.err
	}
	w.err = io.ErrClosedPipe
	return nil
}

// Stream is a Sink that writes a container as one stream.
type Stream struct {
	w    io.Writer
	keys *Keys
	buf  []byte
}

// NewStream writes the header and the offer to w, and returns a Sink for the rest.
func NewStream(w io.Writer, k *Keys, offer []byte) (*Stream, error) {
	preface, err := k.SealOffer(k.header.Bytes(), offer)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(preface); err != nil {
		return nil, err
	}
	return &Stream{w: w, keys: k}, nil
}

// Segment writes a segment.
func (s *Stream) Segment(index uint64, payload []byte, last bool) error {
	sealed, err := s.keys.SealSegment(s.buf[:0], index, payload, last)
	if err != nil {
		return err
	}
	s.buf = sealed
	_, err = s.w.Write(sealed)
	return err
}
