package relay

import (
	"context"
	"encoding/binary"
	"net"
	"testing"
	"time"

	"github.com/pion/stun/v4"
)

// startSTUN serves STUN on a socket of a host of this machine.
func startSTUN(t *testing.T, network, host string) net.Addr {
	t.Helper()
	r, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.ListenPacket(network, net.JoinHostPort(host, "0"))
	if err != nil {
		t.Skipf("SKIP: no %s here: %v", network, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- r.ServeSTUN(ctx, conn) }()
	t.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			t.Errorf("ServeSTUN: %v", err)
		}
		_ = conn.Close()
	})
	return conn.LocalAddr()
}

func TestSTUNAnswersARealClient(t *testing.T) {
	for _, tc := range [][2]string{{"udp4", "127.0.0.1"}, {"udp6", "::1"}} {
		t.Run(tc[0], func(t *testing.T) {
			server := startSTUN(t, tc[0], tc[1])
			conn, err := net.Dial(tc[0], server.String())
			if err != nil {
				t.Fatal(err)
			}
			client, err := stun.NewClient(conn)
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			for _, setters := range [][]stun.Setter{
				{stun.TransactionID, stun.BindingRequest},
				{stun.TransactionID, stun.BindingRequest, stun.NewSoftware("test"), stun.Fingerprint},
			} {
				var got stun.XORMappedAddress
				err = client.Do(stun.MustBuild(setters...), func(e stun.Event) {
					if e.Error != nil {
						t.Error(e.Error)
						return
					}
					if e.Message.Type != stun.BindingSuccess || len(e.Message.Raw) > 44 {
						t.Errorf("%v of %d bytes", e.Message.Type, len(e.Message.Raw))
					}
					if err := got.GetFrom(e.Message); err != nil {
						t.Error(err)
					}
				})
				if err != nil {
					t.Fatal(err)
				}
				if want := conn.LocalAddr().String(); got.String() != want {
					t.Errorf("mapped address %s, want %s", got, want)
				}
			}
		})
	}
}

// notBindingRequests are packets that must get no answer.
func notBindingRequests() map[string][]byte {
	good := stun.MustBuild(stun.TransactionID, stun.BindingRequest, stun.Fingerprint).Raw
	change := func(at int, to byte) []byte {
		b := append([]byte(nil), good...)
		b[at] = to
		return b
	}
	return map[string][]byte{
		"nothing":            {},
		"a byte":             {0},
		"text":               []byte("GET / HTTP/1.1\r\nHost: relay.example\r\n\r\n"),
		"half a header":      good[:10],
		"cut short":          good[:len(good)-1],
		"a byte too many":    append(append([]byte(nil), good...), 0),
		"channel data":       change(0, 0x80),
		"another cookie":     change(4, 0),
		"a wrong length":     change(3, 4),
		"a wrong checksum":   change(len(good)-1, ^good[len(good)-1]),
		"an indication":      stun.MustBuild(stun.TransactionID, stun.NewType(stun.MethodBinding, stun.ClassIndication)).Raw,
		"an answer":          stun.MustBuild(stun.TransactionID, stun.BindingSuccess).Raw,
		"an allocation":      stun.MustBuild(stun.TransactionID, stun.NewType(stun.MethodAllocate, stun.ClassRequest)).Raw,
		"an account":         stun.MustBuild(stun.TransactionID, stun.BindingRequest, stun.NewUsername("u")).Raw,
		"an unknown must":    stun.MustBuild(stun.TransactionID, stun.BindingRequest, stun.RawAttribute{Type: 0x7001, Value: []byte{1, 2, 3, 4}}).Raw,
		"a redirect, please": stun.MustBuild(stun.TransactionID, stun.BindingRequest, stun.RawAttribute{Type: stun.AttrResponsePort, Value: []byte{0, 53, 0, 0}}).Raw,
	}
}

func TestSTUNIgnoresAllElse(t *testing.T) {
	server := startSTUN(t, "udp4", "127.0.0.1")
	conn, err := net.Dial("udp4", server.String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for name, packet := range notBindingRequests() {
		if _, err := conn.Write(packet); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	good := stun.MustBuild(stun.TransactionID, stun.BindingRequest)
	if _, err := conn.Write(good.Raw); err != nil {
		t.Fatal(err)
	}
	// Packets on loopback stay in order, so the first answer is the only one.
	_ = conn.SetReadDeadline(time.Now().Add(testTimeout))
	buf := make([]byte, 1500)
	n, err := conn.Read(buf)
	if err != nil {
		t.Fatal(err)
	}
	answer := &stun.Message{Raw: buf[:n]}
	if err := answer.Decode(); err != nil || answer.TransactionID != good.TransactionID {
		t.Errorf("an answer to something else: %x, %v", buf[:n], err)
	}
}

func TestSTUNLimitsEachSource(t *testing.T) {
	server := startSTUN(t, "udp4", "127.0.0.1")
	conn, err := net.Dial("udp4", server.String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	asked, answered := 0, 0
	buf := make([]byte, 1500)
	for range 3 * stunBurst {
		asked++
		if _, err := conn.Write(stun.MustBuild(stun.TransactionID, stun.BindingRequest).Raw); err != nil {
			t.Fatal(err)
		}
		_ = conn.SetReadDeadline(time.Now().Add(5 * time.Millisecond))
		if _, err := conn.Read(buf); err == nil {
			answered++
		}
	}
	// The burst, and what comes back of it while this goes on.
	if answered < stunBurst/2 || answered > 2*stunBurst {
		t.Errorf("%d of %d requests were answered, want about %d", answered, asked, stunBurst)
	}
}

func TestSTUNEndsWithItsSocket(t *testing.T) {
	r, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
	if err := r.ServeSTUN(t.Context(), conn); err == nil {
		t.Error("no error, although the socket is closed")
	}
}

// FuzzSTUN gives any packet to the check that stands before an answer.
func FuzzSTUN(f *testing.F) {
	f.Add(stun.MustBuild(stun.TransactionID, stun.BindingRequest).Raw)
	f.Add(stun.MustBuild(stun.TransactionID, stun.BindingRequest, stun.NewSoftware("x"), stun.Fingerprint).Raw)
	for _, packet := range notBindingRequests() {
		f.Add(packet)
	}
	f.Fuzz(func(t *testing.T, packet []byte) {
		m := new(stun.Message)
		if !isBindingRequest(m, packet) {
			return
		}
		if len(packet) < 20 || packet[0] != 0 || packet[1] != 1 || binary.BigEndian.Uint32(packet[4:]) != 0x2112a442 {
			t.Fatalf("%x is no Binding request", packet)
		}
		answer, err := stun.Build(m, stun.BindingSuccess, &stun.XORMappedAddress{IP: net.IPv6loopback, Port: 1})
		if err != nil || len(answer.Raw) != 44 {
			t.Fatalf("answer %x, %v", answer.Raw, err)
		}
	})
}
