package trunk

import (
	"encoding/binary"
	"net/netip"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Each datagram arrives with the ECN bits that it was sent with, by IPv4 and IPv6,
// also where the kernel puts several into one message.
func TestECN(t *testing.T) {
	for _, address := range []string{"127.0.0.1", "::1"} {
		for name, gso := range map[string]bool{"segmented": true, "one by one": false} {
			t.Run(address+" "+name, func(t *testing.T) {
				a, b := connect(t, address)
				a.socket.gso.Store(gso && a.socket.gso.Load())
				f := a.open(t, 1)
				write := func(i int) {
					if _, err := f.WriteECN(testDatagram(i), byte(i/5%4)); err != nil {
						t.Fatal(err)
					}
				}
				write(0)
				g := b.accept(t)
				buf := make([]byte, MaxPayload)
				for i := range 320 {
					if i%32 == 0 { // some at a time, so that none is lost
						for j := max(i, 1); j < i+32; j++ {
							write(j)
						}
					}
					_ = g.SetReadDeadline(time.Now().Add(testTimeout))
					n, ecn, err := g.ReadECN(buf)
					if err != nil {
						t.Fatal(err)
					}
					if want := byte(i / 5 % 4); ecn != want || n != len(testDatagram(i)) {
						t.Fatalf("datagram %d of %d bytes came with %d, want %d bytes with %d", i, n, ecn, len(testDatagram(i)), want)
					}
				}
			})
		}
	}
}

// The bits of what comes before there is a path are seen as well.
func TestECNBeforeThePath(t *testing.T) {
	for _, address := range []string{"127.0.0.1", "::1"} {
		a, b := newEnd(t, address, make([]byte, KeySize), make([]byte, KeySize)), newEnd(t, address, make([]byte, KeySize), make([]byte, KeySize))
		a.send(t, dtls("a path from here"), b)
		f := a.open(t, 1)
		if _, err := f.WriteECN([]byte("marked"), 3); err != nil {
			t.Fatal(err)
		}
		n, ecn, err := b.accept(t).ReadECN(make([]byte, 100))
		if err != nil || n != len("marked") || ecn != 3 || b.socket.ready.Load() {
			t.Errorf("%s: %d bytes with %d, %v", address, n, ecn, err)
		}
	}
}

// What goes to a TURN server in a channel has no bits.
func TestNoECNInChannels(t *testing.T) {
	var all batch
	all.append(2, func(b []byte) []byte { return append(b, "one"...) })
	all.append(3, func(b []byte) []byte { return append(b, "three"...) })
	out := all.inChannel(batch{}, 0x4001, channelAlign)
	if len(out.datagrams) != 2 || out.datagrams[0] != (datagram{8, 0}) || out.datagrams[1] != (datagram{12, 0}) {
		t.Errorf("%+v", out.datagrams)
	}
}

// FuzzControls reads control messages, which the kernel makes.
func FuzzControls(f *testing.F) {
	gro := appendControl(nil, unix.SOL_UDP, unix.UDP_GRO, binary.NativeEndian.AppendUint32(nil, 1200))
	f.Add(gro, 4000)
	f.Add(appendControl(gro, unix.SOL_IP, unix.IP_TOS, []byte{0x2b}), 4000)
	f.Add(appendECN(nil, netip.IPv6Loopback(), 2), 10)
	f.Fuzz(func(t *testing.T, control []byte, n int) {
		segment, ecn := readControls(control, n)
		if segment <= 0 && segment != n || ecn > 3 {
			t.Errorf("segments of %d, ECN %d", segment, ecn)
		}
	})
}

// The type of service has six more bits.
func TestControls(t *testing.T) {
	control := appendControl(nil, unix.SOL_UDP, unix.UDP_GRO, binary.NativeEndian.AppendUint32(nil, 1200))
	control = appendControl(control, unix.SOL_IP, unix.IP_TOS, []byte{0xbb})
	if segment, ecn := readControls(control, 4000); segment != 1200 || ecn != 3 {
		t.Errorf("%d, %d", segment, ecn)
	}
	if segment, ecn := readControls(nil, 4000); segment != 4000 || ecn != 0 {
		t.Errorf("without messages: %d, %d", segment, ecn)
	}
}
