package trunk

import (
	"slices"
	"testing"
)

// The loopback interface carries the largest datagram.
func TestSizesOnLoopback(t *testing.T) {
	a, b := connect(t, "127.0.0.1")
	b.send(t, dtls("a path"), a)
	a.send(t, dtls("and back"), b)
	sizes := a.trunk.PayloadSizes()
	if len(sizes) == 0 || !slices.IsSorted(sizes) || slices.Max(sizes) != MaxPayload {
		t.Fatalf("sizes %v, want them up to %d", sizes, MaxPayload)
	}
	f := a.open(t, 1)
	if _, err := f.Write(make([]byte, MaxPayload)); err != nil {
		t.Fatal(err)
	}
	if got := readOne(t, b.accept(t)); len(got) != MaxPayload {
		t.Errorf("%d bytes of %d", len(got), MaxPayload)
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
		all.append(0, func(b []byte) []byte { return appendSealed(b, a.trunk.seal, 1, uint64(n), []byte(text)) })
	}
	all.sendEach(a.socket.UDPConn, b.address())
	f := b.accept(t)
	for _, want := range []string{"one", "two", "three"} {
		if got := readOne(t, f); string(got) != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
