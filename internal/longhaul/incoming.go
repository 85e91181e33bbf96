package longhaul

import "io"

// incoming is the receiving side of the stream.
type incoming struct {
	data      buffer
	ahead     rangeSet // has arrived, behind something that has not
	end       uint64   // everything below it has arrived
	read      uint64   // the reader has come to here
	window    uint64   // how far ahead of the reader the peer may send
	told      uint64   // the limit that the peer was told
	windowDue bool
}

func newIncoming() incoming { return incoming{window: initialWindow, told: initialWindow} }

// add takes a part of the stream.
func (i *incoming) add(offset uint64, b []byte) error {
	end := offset + uint64(len(b))
	if end > i.told {
		return errMalformed
	}
	if end <= i.end || len(b) == 0 {
		return nil
	}
	if offset < i.end {
		b, offset = b[i.end-offset:], i.end
	}
	i.data.write(offset, b)
	if offset > i.end {
		i.ahead.add(span{offset, end})
		return nil
	}
	i.end = end
	if len(i.ahead.spans) > 0 && i.ahead.spans[0].start <= i.end {
		i.end = max(i.end, i.ahead.spans[0].end)
		i.ahead.removeBelow(i.end)
	}
	return nil
}

// setWant takes the window that the peer has use for.
func (i *incoming) setWant(want uint64) {
	if want = min(want, maxWindow); want > i.window {
		i.window = want
		i.windowDue = true
	}
}

// limit returns the limit to tell the peer.
func (i *incoming) limit() uint64 {
	i.told = max(i.told, i.read+i.window)
	return i.told
}

// advance notes that the reader has come to an offset.
func (i *incoming) advance(offset uint64) {
	i.read = offset
	i.data.release(offset)
	if i.read+i.window >= i.told+i.window/8 {
		i.windowDue = true
	}
}

// message returns the size of the next message, and how many bytes before it say so.
// It returns false if the message has not arrived as a whole.
//
// A message on the stream is its length as a varint, and its bytes.
func (i *incoming) message(most int) (head, size int, ok bool, err error) {
	have := i.end - i.read
	if have == 0 {
		return 0, 0, false, nil
	}
	var b [8]byte
	first := b[:min(uint64(len(b)), have)]
	i.data.read(i.read, first)
	n, rest, ok := parseVarint(first)
	if !ok {
		return 0, 0, false, nil
	}
	if n > uint64(most) {
		return 0, 0, false, errMalformed
	}
	head, size = len(first)-len(rest), int(n)
	return head, size, have >= uint64(head+size), nil
}

// take copies the next message, which has arrived, to b.
func (i *incoming) take(b []byte, head, size int) ([]byte, error) {
	if size > len(b) {
		return nil, io.ErrShortBuffer
	}
	i.data.read(i.read+uint64(head), b[:size])
	i.advance(i.read + uint64(head+size))
	return b[:size], nil
}
