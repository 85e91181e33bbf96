package relay

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"time"

	"github.com/pion/stun/v4"
)

// A peer asks a few times, but a whole office may be behind one address.
const (
	stunPerMinute = 1200
	stunBurst     = 100
)

const (
	stunHeader    = 20   // bytes
	maxSTUNPacket = 1500 // bytes

	maxSTUNFailures = 100 // of reads in a row
)

// ServeSTUN answers STUN Binding requests (RFC 8489) on conn with the address
// that they come from, until ctx ends. It leaves conn open, with its read deadline
// in the past. It answers nothing else, and limits the answers to each source: a
// request with a forged source gains an attacker one packet of at most 44 bytes
// for the 20 that it sent.
func (r *Relay) ServeSTUN(ctx context.Context, conn net.PacketConn) error {
	stop := context.AfterFunc(ctx, func() { _ = conn.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	packet := make([]byte, maxSTUNPacket)
	request := &stun.Message{Raw: make([]byte, 0, maxSTUNPacket)}
	failures := 0
	for {
		n, from, err := conn.ReadFrom(packet)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			// The failure of an earlier answer may show as an error of a read. A broken
			// socket only fails.
			if failures++; failures > maxSTUNFailures || errors.Is(err, net.ErrClosed) {
				return err
			}
			continue
		}
		failures = 0
		source, ok := from.(*net.UDPAddr)
		if !ok {
			continue
		}
		if answer := r.answerSTUN(request, packet[:n], source.AddrPort()); answer != nil {
			_, _ = conn.WriteTo(answer, from) // if it is lost, the peer asks again
		}
	}
}

// answerSTUN returns the answer to a packet that is a Binding request, nil for
// none. It decodes the packet into request.
func (r *Relay) answerSTUN(request *stun.Message, packet []byte, from netip.AddrPort) []byte {
	if !isBindingRequest(request, packet) || r.stun.wait(from.Addr()) > 0 {
		return nil
	}
	answer, err := stun.Build(request, stun.BindingSuccess,
		&stun.XORMappedAddress{IP: from.Addr().Unmap().AsSlice(), Port: int(from.Port())})
	if err != nil {
		return nil
	}
	return answer.Raw
}

// isBindingRequest decodes a packet into m and reports whether it is a Binding
// request that a server without accounts can answer: complete, with a correct
// FINGERPRINT if there is one, and without attributes that must be understood.
func isBindingRequest(m *stun.Message, packet []byte) bool {
	// The two highest bits are 0 in STUN; the decoder does not look at them.
	if len(packet) < stunHeader || packet[0]>>6 != 0 || !stun.IsMessage(packet) {
		return false
	}
	length := int(binary.BigEndian.Uint16(packet[2:]))
	if length%4 != 0 || length != len(packet)-stunHeader {
		return false
	}
	if stun.Decode(packet, m) != nil || m.Type != stun.BindingRequest {
		return false
	}
	for _, a := range m.Attributes {
		if a.Type.Required() {
			return false
		}
	}
	return !m.Contains(stun.AttrFingerprint) || stun.Fingerprint.Check(m) == nil
}
