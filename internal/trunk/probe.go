package trunk

import (
	"context"
	"encoding/binary"
	"slices"
	"time"
)

// LeastMTU is a size of datagrams, in bytes, that every path carries.
const LeastMTU = 1200

// probeSizes are the sizes of datagrams that are tried: those of common tunnels, of
// PPPoE, of Ethernet with IPv6 and with IPv4, and two for jumbo frames and for
// peers on one machine.
var probeSizes = [...]int{1372, 1424, 1452, 1472, 4096, maxPacket}

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
	sizes := make([]int, len(probeSizes))
	for i, n := range probeSizes {
		sizes[i] = n - Overhead
	}
	return sizes
}

// A probe is a datagram of a certain size. The peer answers it with an echo that
// contains the size.
const (
	probe = 1 // probe u8 | zeros
	echo  = 2 // echo u8 | size u16
)

// How long probing waits for an echo, and how often it is tried.
const (
	probeFirst = 300 * time.Millisecond // for the first echo
	probeMore  = 40 * time.Millisecond  // after each echo, for that of a larger probe
	probeTries = 2
)

// MTU finds the largest datagram, in bytes, that the path carries to the peer. The
// payload of a Flow is Overhead less. If the system cannot forbid fragmentation
// nothing can be found out, and MTU returns LeastMTU.
func (t *Trunk) MTU(ctx context.Context) int {
	t.probing.Lock()
	defer t.probing.Unlock()
	p := t.path.Load()
	if !t.started.Load() || p == nil || !p.from.unfragmented() {
		return LeastMTU
	}
	for range probeTries {
		if p.mtu <= LeastMTU {
			p.mtu = t.tryProbes(ctx)
		}
	}
	return p.mtu
}

// tryProbes sends a probe of each size and returns the largest that is echoed.
func (t *Trunk) tryProbes(ctx context.Context) int {
	for _, size := range probeSizes {
		t.sendOwn(append([]byte{probe}, make([]byte, size-Overhead-1)...))
	}
	best := LeastMTU
	timer := time.NewTimer(probeFirst)
	defer timer.Stop()
	for best < slices.Max(probeSizes[:]) {
		select {
		case size := <-t.echoes:
			best = max(best, size)
			timer.Reset(probeMore)
		case <-timer.C:
			return best
		case <-ctx.Done():
			return best
		}
	}
	return best
}

// sendOwn sends a datagram of the trunk itself, a probe or an echo.
func (t *Trunk) sendOwn(payload []byte) {
	t.out.add(len(payload)+Overhead, func(batch []byte) []byte {
		batch = appendSealed(batch, t.seal, probes, t.probed, payload)
		t.probed++
		return batch
	})
}

// handleProbe handles a datagram of the flow of probes.
func (t *Trunk) handleProbe(packet []byte) {
	buf := t.buffers.get(len(packet))
	defer t.buffers.put(buf)
	payload, n, err := openPacket((*buf)[:0], t.open, packet)
	if err != nil || len(payload) == 0 {
		return
	}
	t.mu.Lock()
	isNew := t.replays.accept(n)
	t.mu.Unlock()
	switch {
	case !isNew:
	case payload[0] == probe:
		t.sendOwn(binary.BigEndian.AppendUint16([]byte{echo}, uint16(len(packet))))
	case payload[0] == echo && len(payload) == 3:
		if size := int(binary.BigEndian.Uint16(payload[1:])); slices.Contains(probeSizes[:], size) {
			select {
			case t.echoes <- size:
			default:
			}
		}
	}
}
