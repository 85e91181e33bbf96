package turnserver

import (
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/pion/stun/v4"
)

// FuzzUsername parses any username: what it accepts is what NewCredential makes.
func FuzzUsername(f *testing.F) {
	for _, seed := range []string{"1800000000:kayak", ":", "1:", ":a", "-1:a", "99999999999999999999:a", "1:a:b", "", "0x10:a"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, username string) {
		until, name, ok := parseUsername(username)
		if !ok {
			return
		}
		back, _ := NewCredential("secret", name, until)
		if strings.TrimLeft(username, "0") != strings.TrimLeft(back, "0") || len(username) > maxUsername || until.Before(time.Unix(0, 0)) {
			t.Fatalf("%q is %v and %q", username, until, name)
		}
	})
}

// FuzzPackets looks at any datagram: those about bindings never pass, nor does a
// request that is not allowed.
func FuzzPackets(f *testing.F) {
	f.Add(stun.MustBuild(stun.TransactionID, stun.BindingRequest).Raw)
	f.Add(stun.MustBuild(stun.TransactionID, stun.NewType(stun.MethodAllocate, stun.ClassRequest)).Raw)
	f.Add(stun.MustBuild(stun.TransactionID, stun.NewType(stun.MethodSend, stun.ClassIndication)).Raw)
	f.Add([]byte{0x40, 0, 0, 1, 'x'})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, packet []byte) {
		source := &onePacket{packet: packet}
		p := &packets{source, func([]byte, netip.AddrPort) []byte { return nil }, func(netip.Addr) bool { return false }}
		buf := make([]byte, len(packet)+1)
		n, _, err := p.ReadFrom(buf)
		if err == nil && (isBinding(buf[:n]) || isRequest(buf[:n])) {
			t.Fatalf("%x passes", packet)
		}
	})
}

// onePacket is a socket on which one datagram comes.
type onePacket struct {
	net.PacketConn
	packet []byte
	read   bool
}

func (s *onePacket) ReadFrom(b []byte) (int, net.Addr, error) {
	if s.read {
		return 0, nil, net.ErrClosed
	}
	s.read = true
	return copy(b, s.packet), &net.UDPAddr{IP: net.IPv4(203, 0, 113, 1), Port: 1}, nil
}
