package doctor

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/pion/stun/v4"
)

// socket asks STUN servers from a new UDP socket.
type socket struct{}

// againAfter is how soon a request is sent again. UDP loses packets (RFC 8489, section
// 6.2.1, begins with the same).
const againAfter = 500 * time.Millisecond

const maxPacket = 1500 // bytes

// ask returns a mapping for each server, in their order.
func (socket) ask(ctx context.Context, servers []string) []mapping {
	mappings := make([]mapping, 0, len(servers))
	requests := make([]*stun.Message, 0, len(servers))
	for _, s := range servers {
		address, err := netip.ParseAddrPort(s)
		if err != nil {
			continue
		}
		if request, err := stun.Build(stun.TransactionID, stun.BindingRequest); err == nil {
			mappings, requests = append(mappings, mapping{server: address}), append(requests, request)
		}
	}
	conn, err := net.ListenUDP("udp", nil)
	if err != nil {
		return mappings
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	packet := make([]byte, maxPacket)
	for ctx.Err() == nil && len(answered(mappings)) < len(mappings) {
		for i, m := range mappings {
			if !m.seen.IsValid() {
				_, _ = conn.WriteToUDPAddrPort(requests[i].Raw, m.server) // if it cannot be sent, nothing comes
			}
		}
		_ = conn.SetReadDeadline(time.Now().Add(againAfter))
		for len(answered(mappings)) < len(mappings) {
			n, _, err := conn.ReadFromUDPAddrPort(packet)
			if err != nil {
				break
			}
			note(mappings, requests, packet[:n])
		}
	}
	own := ownAddresses()
	for i := range mappings {
		mappings[i].own = slices.Contains(own, mappings[i].seen.Addr())
	}
	return mappings
}

// note takes an answer, which may be from anyone: only the asked server knows the
// number of a request.
func note(mappings []mapping, requests []*stun.Message, packet []byte) {
	answer := &stun.Message{Raw: packet}
	if answer.Decode() != nil || answer.Type != stun.BindingSuccess {
		return
	}
	var seen stun.XORMappedAddress
	if seen.GetFrom(answer) != nil {
		return
	}
	for i, r := range requests {
		if r.TransactionID == answer.TransactionID {
			if ip, ok := netip.AddrFromSlice(seen.IP); ok && seen.Port > 0 {
				mappings[i].seen = netip.AddrPortFrom(ip.Unmap(), uint16(seen.Port))
			}
		}
	}
}

// ownAddresses are the addresses of this machine.
func ownAddresses() []netip.Addr {
	var own []netip.Addr
	addrs, _ := net.InterfaceAddrs()
	for _, a := range addrs {
		if n, ok := a.(*net.IPNet); ok {
			if ip, ok := netip.AddrFromSlice(n.IP); ok {
				own = append(own, ip.Unmap())
			}
		}
	}
	return own
}
