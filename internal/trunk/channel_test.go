package trunk

import (
	"bytes"
	"errors"
	"net"
	"testing"
)

// FuzzParseChannel parses any bytes as a ChannelData message: what parses is what
// inChannel makes, but for padding.
func FuzzParseChannel(f *testing.F) {
	f.Add([]byte("\x40\x00\x00\x03abc"))
	f.Add([]byte("\x4f\xff\x00\x00"))
	f.Add([]byte("\x40\x00\xff\xffabc"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		channel, data, ok := parseChannel(b)
		if !ok {
			return
		}
		back := batch{data, []datagram{{size: len(data)}}}.inChannel(batch{}, channel, 1)
		if !bytes.HasPrefix(b, back.bytes) || channel>>12 != 4 {
			t.Fatalf("%x is channel %#x and %x", b, channel, data)
		}
	})
}

// FuzzStream reads any bytes that a TURN server may send: they come out as whole
// messages, without those of the trunk.
func FuzzStream(f *testing.F) {
	stun := append([]byte{0x01, 0x03, 0, 4, 0x21, 0x12, 0xa4, 0x42}, make([]byte, 12+4)...)
	f.Add(stun)
	f.Add(append([]byte("\x40\x00\x00\x01x\x00\x00\x00"), stun...))
	f.Add([]byte("\xff\xff\xff\xff"))
	f.Add([]byte{0, 1, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, b []byte) {
		near, far := tcpPair(t)
		s := newStream(near, New())
		s.talks.Store(true)
		go func() {
			_, _ = far.Write(b)
			_ = far.Close()
		}()
		for buf := make([]byte, 1000); ; {
			n, err := s.Read(buf)
			if err != nil {
				return
			}
			if n == 0 {
				t.Fatal("a read of nothing")
			}
		}
	})
}

func tcpPair(t *testing.T) (a, b *net.TCPConn) {
	t.Helper()
	l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	a, err = net.DialTCP("tcp", nil, l.Addr().(*net.TCPAddr))
	if err == nil {
		b, err = l.AcceptTCP()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = errors.Join(a.Close(), b.Close()) })
	return a, b
}

// What does not begin with STUN, as TLS, is left alone, even if it looks like a
// message.
func TestStreamOfTLS(t *testing.T) {
	near, far := tcpPair(t)
	s := newStream(near, New())
	if _, err := s.Write([]byte("\x16\x03\x01 a hello of TLS, say")); err != nil {
		t.Fatal(err)
	}
	if _, err := far.Write([]byte("\x40\x00\x00\x01\xc0")); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 100)
	if n, err := s.Read(buf); err != nil || string(buf[:n]) != "\x40\x00\x00\x01\xc0" {
		t.Errorf("%q, %v", buf[:n], err)
	}
}
