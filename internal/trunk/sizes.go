package trunk

// LeastMTU is a size of datagrams, in bytes, that every path carries.
const LeastMTU = 1200

// packetSizes are the sizes of datagrams that are tried: those of common tunnels, of
// PPPoE, of Ethernet with IPv6 and with IPv4, and two for jumbo frames and for
// peers on one machine.
var packetSizes = [...]int{1372, 1424, 1452, 1472, 4096, maxPacket}

// LeastPayload is a size of a Flow's datagrams, in bytes, that every path carries.
const LeastPayload = LeastMTU - Overhead

// PayloadSizes returns larger sizes of a Flow's datagrams, in bytes and ascending,
// that the path may carry. It returns none if the system cannot forbid
// fragmentation, so that nothing can be found out.
func (t *Trunk) PayloadSizes() []int {
	p := t.path.Load()
	if p == nil || !p.from.unfragmented() {
		return nil
	}
	sizes := make([]int, len(packetSizes))
	for i, n := range packetSizes {
		sizes[i] = n - Overhead
	}
	return sizes
}
