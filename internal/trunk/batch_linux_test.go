package trunk

import (
	"testing"
)

// On this machine the largest datagram goes through, and the peer cannot
// lie about sizes that were not tried.
func TestMTUOfLoopback(t *testing.T) {
	a, b := connect(t, "127.0.0.1")
	b.trunk.sendOwn([]byte{echo, 0x7f, 0xff})
	b.trunk.sendOwn([]byte{echo})
	b.trunk.sendOwn([]byte{99, 1, 2})
	b.send(t, dtls("after them"), a)
	if got := a.trunk.MTU(t.Context()); got != maxPacket {
		t.Errorf("datagrams of %d bytes, not %d", got, maxPacket)
	}
}

// Without segmentation by the kernel each datagram is a message of its own, which is
// also what happens if the network device cannot segment.
func TestWithoutSegmentation(t *testing.T) {
	a, b := connect(t, "127.0.0.1")
	a.socket.gso.Store(false)
	f := a.open(t, 1)
	if _, err := f.Write([]byte("hello")); err != nil {
		t.Fatal(err)
	}
	g := b.accept(t)
	readOne(t, g)
	if err := exchange(f, g, 320); err != nil {
		t.Error(err)
	}
}

// Where the system has no batches at all datagrams go out all the same.
func TestSendEach(t *testing.T) {
	a, b := connect(t, "127.0.0.1")
	var all batch
	for n, text := range []string{"one", "two", "three"} {
		before := len(all.bytes)
		all.bytes = appendSealed(all.bytes, a.trunk.seal, 1, uint64(n), []byte(text))
		all.sizes = append(all.sizes, len(all.bytes)-before)
	}
	all.sendEach(a.socket.UDPConn, b.address())
	f := b.accept(t)
	for _, want := range []string{"one", "two", "three"} {
		if got := readOne(t, f); string(got) != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
