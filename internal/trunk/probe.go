package trunk

import (
	"context"
	"encoding/binary"
	"slices"
	"time"
)

// LeastMTU is the size of datagram, in bytes, that every path carries.
const LeastMTU = 1200

// probeSizes are the sizes of datagrams that are tried: the usual tunnels,
// PPPoE, Ethernet with IPv6 and with IPv4, and what a machine or a network with
// jumbo frames carries.
var probeSizes = [...]int{1372, 1424, 1452, 1472, 4096, maxPacket}

// A probe has a size of its own, and is answered by an echo that says it.
const (
	probe = 1 // probe u8 | zeros
	echo  = 2 // echo u8 | size u16
)

// Times of probing.
const (
	probeFirst = 300 * time.Millisecond // until nothing larger is known to go through
	probeMore  = 40 * time.Millisecond  // for an echo of a larger one
	probeTries = 2
)

// MTU finds the largest size of datagrams that the path carries to the other
// side; a Flow takes Overhead less. Where datagrams may be cut on the way
// nothing can be found out, and it is LeastMTU.
func (t *Trunk) MTU(ctx context.Context) int {
	t.probing.Lock()
	defer t.probing.Unlock()
	p := t.path.Load()
	if !t.begun.Load() || p == nil || !p.from.whole() {
		return LeastMTU
	}
	for range probeTries {
		if p.mtu <= LeastMTU {
			p.mtu = t.tryProbes(ctx)
		}
	}
	return p.mtu
}

// tryProbes sends a probe of each size and waits for echoes.
func (t *Trunk) tryProbes(ctx context.Context) int {
	for _, size := range probeSizes {
		t.tell(append([]byte{probe}, make([]byte, size-Overhead-1)...))
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

// tell sends a datagram of the trunk itself.
func (t *Trunk) tell(payload []byte) {
	t.out.add(len(payload)+Overhead, func(batch []byte) []byte {
		batch = appendSealed(batch, t.seal, probes, t.probed, payload)
		t.probed++
		return batch
	})
}

func (t *Trunk) takeProbe(packet []byte) {
	buf := t.buffers.get(len(packet))
	defer t.buffers.put(buf)
	payload, n, err := openPacket((*buf)[:0], t.open, packet)
	if err != nil || len(payload) == 0 {
		return
	}
	t.mu.Lock()
	isNew := t.replays.take(n)
	t.mu.Unlock()
	switch {
	case !isNew:
	case payload[0] == probe:
		t.tell(binary.BigEndian.AppendUint16([]byte{echo}, uint16(len(packet))))
	case payload[0] == echo && len(payload) == 3:
		if size := int(binary.BigEndian.Uint16(payload[1:])); slices.Contains(probeSizes[:], size) {
			select {
			case t.echoes <- size:
			default:
			}
		}
	}
}
