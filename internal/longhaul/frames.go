package longhaul

import "errors"

// A packet is a number and frames:
//
//	packet = number varint | frame ...
//
// Each side counts its packets from 0 and never uses a number twice, so an
// acknowledgement always says which transmission has arrived. Every integer is a
// varint; a frame begins with its kind:
//
//	PADDING  0                                   nothing; the rest of the packet is ignored
//	PING     1                                   asks for an acknowledgement
//	ACK      2 | largest | delay | count | length | (gap | length) * (count-1)
//	DATA     3 | offset | length | bytes         of the stream
//	WINDOW   4 | limit                           the stream may be sent up to this offset
//	WANT     5 | bytes                           the window that the sender has use for
//	FLOOR    6 | number                          packets below it need not be acknowledged any more
//	CLOSE    7                                   the sender of it has gone
//	ACK-ECN  8 | as ACK | capable | marked       an ACK, and how many packets came ECN-capable, and marked
//
// The delay of an ACK is how long the acknowledgement of its largest number was held
// back, in microseconds. Its first range is largest-length to largest. Of each
// further range gap+2 is the distance from the lowest number of the range before to
// the highest of this one, as in RFC 9000, section 19.3.1.
const (
	framePadding = 0
	framePing    = 1
	frameAck     = 2
	frameData    = 3
	frameWindow  = 4
	frameWant    = 5
	frameFloor   = 6
	frameClose   = 7
	frameAckECN  = 8
)

// maxAckRanges bounds the ranges of an ACK.
const maxAckRanges = 64

// errMalformed is a packet that no honest peer sends.
var errMalformed = errors.New("a malformed packet on the long-haul connection")

// frame is one parsed frame. Which fields are set depends on its kind.
type frame struct {
	kind  byte
	value uint64    // the offset, limit, number or bytes; of an ACK the delay
	data  []byte    // of DATA; a part of the packet
	spans []span    // of an ACK, the highest first; valid until the next call of next
	ecn   ecnCounts // of an ACK-ECN, whose kind is frameAck as well
}

// eliciting says whether a packet with the frame is to be acknowledged.
func (f frame) eliciting() bool {
	return f.kind == framePing || f.kind == frameData || f.kind == frameWindow || f.kind == frameWant
}

// parser parses the frames of packets.
type parser struct {
	rest  []byte
	spans [maxAckRanges]span
}

// begin starts with a packet and returns its number.
func (p *parser) begin(packet []byte) (number uint64, err error) {
	number, rest, ok := parseVarint(packet)
	if !ok {
		return 0, errMalformed
	}
	p.rest = rest
	return number, nil
}

// next parses the next frame. It returns false after the last one.
func (p *parser) next() (f frame, more bool, err error) {
	if len(p.rest) == 0 || p.rest[0] == framePadding {
		return frame{}, false, nil
	}
	f.kind, p.rest = p.rest[0], p.rest[1:]
	switch f.kind {
	case framePing, frameClose:
	case frameWindow, frameWant, frameFloor:
		f.value, err = p.varint()
	case frameData:
		f, err = p.data()
	case frameAck:
		f, err = p.ack()
	case frameAckECN:
		f, err = p.ackECN()
	default:
		err = errMalformed
	}
	return f, err == nil, err
}

func (p *parser) varint() (uint64, error) {
	n, rest, ok := parseVarint(p.rest)
	if !ok {
		return 0, errMalformed
	}
	p.rest = rest
	return n, nil
}

func (p *parser) data() (frame, error) {
	offset, err := p.varint()
	if err != nil {
		return frame{}, err
	}
	n, err := p.varint()
	if err != nil || n > uint64(len(p.rest)) || offset > maxVarint-n {
		return frame{}, errMalformed
	}
	f := frame{kind: frameData, value: offset, data: p.rest[:n]}
	p.rest = p.rest[n:]
	return f, nil
}

func (p *parser) ack() (frame, error) {
	var head [4]uint64 // largest, delay, count, length
	for i := range head {
		var err error
		if head[i], err = p.varint(); err != nil {
			return frame{}, err
		}
	}
	largest, count, length := head[0], head[2], head[3]
	if count < 1 || count > maxAckRanges || length > largest {
		return frame{}, errMalformed
	}
	p.spans[0] = span{largest - length, largest + 1}
	for i := 1; i < int(count); i++ {
		gap, err := p.varint()
		if err != nil {
			return frame{}, err
		}
		length, err := p.varint()
		if err != nil {
			return frame{}, err
		}
		before := p.spans[i-1].start
		if before < 2 || gap > before-2 || length > before-2-gap {
			return frame{}, errMalformed
		}
		highest := before - 2 - gap
		p.spans[i] = span{highest - length, highest + 1}
	}
	return frame{kind: frameAck, value: head[1], spans: p.spans[:count]}, nil
}

// ackECN parses an ACK with counts. They say more of the same packets, so the kind of the
// frame is that of an ACK.
func (p *parser) ackECN() (frame, error) {
	f, err := p.ack()
	if err != nil {
		return frame{}, err
	}
	if f.ecn.capable, err = p.varint(); err != nil {
		return frame{}, err
	}
	if f.ecn.marked, err = p.varint(); err != nil {
		return frame{}, err
	}
	return f, nil
}

// appendAck appends an ACK of at most maxAckRanges spans, the lowest first, of which
// the highest are used. delay is in microseconds. Counts that are not 0 make it an
// ACK-ECN.
func appendAck(b []byte, spans []span, delay uint64, ecn ecnCounts) []byte {
	last := spans[len(spans)-1]
	kind := byte(frameAck)
	if ecn.total() > 0 {
		kind = frameAckECN
	}
	b = append(b, kind)
	b = appendVarint(b, last.end-1)
	b = appendVarint(b, delay)
	b = appendVarint(b, uint64(len(spans)))
	b = appendVarint(b, last.end-1-last.start)
	for i := len(spans) - 2; i >= 0; i-- {
		s := spans[i]
		b = appendVarint(b, spans[i+1].start-1-s.end)
		b = appendVarint(b, s.end-1-s.start)
	}
	if kind == frameAckECN {
		b = appendVarint(appendVarint(b, ecn.capable), ecn.marked)
	}
	return b
}

// appendValue appends a frame with one integer.
func appendValue(b []byte, kind byte, value uint64) []byte {
	return appendVarint(append(b, kind), value)
}
