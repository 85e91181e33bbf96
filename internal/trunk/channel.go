package trunk

import "encoding/binary"

// On a path through a TURN server (RFC 8656), what a client sends to one peer, and
// what comes from it, is in ChannelData messages:
//
//	channel u16 (0x4000 to 0x4fff) | length u16 | data
//
// The connection's TURN client binds the channel. The trunk uses the one in which
// it sees the connection's datagrams.
const (
	channelHeader = 4
	channelAlign  = 4 // by TCP a message is padded to a multiple of it
)

// parseChannel parses a ChannelData message. It returns false if b is none.
func parseChannel(b []byte) (channel uint16, data []byte, ok bool) {
	if len(b) < channelHeader || b[0]>>4 != 4 {
		return 0, nil, false
	}
	n := int(binary.BigEndian.Uint16(b[2:]))
	if n > len(b)-channelHeader {
		return 0, nil, false
	}
	return binary.BigEndian.Uint16(b), b[channelHeader : channelHeader+n], true
}

// inChannel appends the datagrams of a batch to out, as ChannelData messages. They have no
// ECN bits: a mark on the way to the server would not reach the peer.
func (b batch) inChannel(out batch, channel uint16, align int) batch {
	rest := b.bytes
	for _, d := range b.datagrams {
		out.append(0, func(to []byte) []byte {
			start := len(to)
			to = binary.BigEndian.AppendUint16(to, channel)
			to = binary.BigEndian.AppendUint16(to, uint16(d.size))
			to = append(to, rest[:d.size]...)
			for (len(to)-start)%align != 0 {
				to = append(to, 0)
			}
			return to
		})
		rest = rest[d.size:]
	}
	return out
}
