package turnserver

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/pion/logging"
	"github.com/pion/stun/v4"
	"github.com/pion/turn/v5"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const secret = "of the tests"

// start runs a server on this machine, whose address counts as public.
func start(t *testing.T, change func(*Config)) (s *Server, address string) {
	t.Helper()
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := Config{
		Secret: secret, Packets: conn, Public: []netip.Addr{netip.MustParseAddr("127.0.0.1")},
		Bind:    netip.MustParseAddr("127.0.0.1"),
		Binding: func([]byte, netip.AddrPort) []byte { return nil },
		Allow:   func(netip.Addr) bool { return true },
	}
	if change != nil {
		change(&c)
	}
	if s, err = Start(c); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s, conn.LocalAddr().String()
}

// credential is a valid one for a name.
func credential(name string) [2]string {
	user, password := NewCredential(secret, name, time.Now().Add(time.Hour))
	return [2]string{user, password}
}

// client makes a client on a connection of its own.
func client(t *testing.T, conn net.PacketConn, server string, credential [2]string) *turn.Client {
	t.Helper()
	c, err := turn.NewClient(&turn.ClientConfig{
		TURNServerAddr: server, Conn: conn, Username: credential[0], Password: credential[1],
		LoggerFactory: &logging.DefaultLoggerFactory{Writer: io.Discard, DefaultLogLevel: logging.LogLevelDisabled},
	})
	if err == nil {
		err = c.Listen()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.Close()
		_ = conn.Close()
	})
	return c
}

func udp(t *testing.T) net.PacketConn {
	t.Helper()
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

// allocate makes an allocation that lasts until the end of the test.
func allocate(t *testing.T, c *turn.Client) net.PacketConn {
	t.Helper()
	relayed, err := c.Allocate()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = relayed.Close() })
	return relayed
}

// exchange sends a datagram each way between two relayed addresses.
func exchange(t *testing.T, a, b net.PacketConn) {
	t.Helper()
	for i, way := range [][2]net.PacketConn{{a, b}, {b, a}} {
		want := fmt.Sprintf("datagram %d", i)
		deadline := time.Now().Add(20 * time.Second)
		for buf := make([]byte, 100); ; {
			// The first ones are lost until both have permissions.
			for _, w := range [][2]net.PacketConn{way, {way[1], way[0]}} {
				if _, err := w[0].WriteTo([]byte(want), w[1].LocalAddr()); err != nil {
					t.Fatal(err)
				}
			}
			_ = way[1].SetReadDeadline(time.Now().Add(100 * time.Millisecond))
			n, from, err := way[1].ReadFrom(buf)
			if err == nil && string(buf[:n]) == want {
				if from.String() != way[0].LocalAddr().String() {
					t.Errorf("it came from %v, not %v", from, way[0].LocalAddr())
				}
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("nothing arrives: %v", err)
			}
		}
	}
}

func TestRelayedToRelayed(t *testing.T) {
	s, address := start(t, nil)
	a := allocate(t, client(t, udp(t), address, credential("room")))
	b := allocate(t, client(t, udp(t), address, credential("room")))
	exchange(t, a, b)
	if n := s.Allocations(); n != 2 {
		t.Errorf("%d allocations", n)
	}
}

// The public address may be that of a NAT, which this machine cannot send to.
func TestPublicAddressOfANAT(t *testing.T) {
	_, address := start(t, func(c *Config) { c.Public = []netip.Addr{netip.MustParseAddr("203.0.113.7")} })
	a := allocate(t, client(t, udp(t), address, credential("room")))
	if host, _, _ := net.SplitHostPort(a.LocalAddr().String()); host != "203.0.113.7" {
		t.Errorf("relayed address %v", a.LocalAddr())
	}
	exchange(t, a, allocate(t, client(t, udp(t), address, credential("room"))))
}

func TestByTCP(t *testing.T) {
	for name, withTLS := range map[string]bool{"plain": false, "TLS": true} {
		t.Run(name, func(t *testing.T) {
			listener, err := net.Listen("tcp4", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			server, roots := certificate(t)
			_, address := start(t, func(c *Config) {
				c.Listener = listener
				if withTLS {
					c.TLS = server
				}
			})
			dial := func() net.PacketConn {
				conn, err := net.Dial("tcp", listener.Addr().String())
				if err != nil {
					t.Fatal(err)
				}
				if withTLS {
					conn = tls.Client(conn, roots)
				}
				return turn.NewSTUNConn(conn)
			}
			a := allocate(t, client(t, dial(), listener.Addr().String(), credential("room")))
			b := allocate(t, client(t, udp(t), address, credential("room")))
			exchange(t, a, b)
		})
	}
}

func TestCredentials(t *testing.T) {
	_, address := start(t, nil)
	past, pastPassword := NewCredential(secret, "room", time.Now().Add(-time.Second))
	other, otherPassword := NewCredential("another secret", "room", time.Now().Add(time.Hour))
	valid := credential("room")
	for name, c := range map[string][2]string{
		"expired":        {past, pastPassword},
		"another secret": {other, otherPassword},
		"for later":      {strings.Replace(valid[0], "1", "2", 1), valid[1]},
		"another name":   {valid[0] + "x", valid[1]},
		"no name":        {strings.Split(valid[0], ":")[0], valid[1]},
		"no time":        {":room", valid[1]},
		"garbage":        {"admin", "admin"},
		"negative":       {"-1:room", valid[1]},
		"long":           {valid[0] + strings.Repeat("x", 200), valid[1]},
	} {
		if relayed, err := client(t, udp(t), address, c).Allocate(); err == nil {
			_ = relayed.Close()
			t.Errorf("%s: it is accepted", name)
		}
	}
	allocate(t, client(t, udp(t), address, valid))
}

// A transfer may take longer than a credential lives: its allocation is refreshed
// and gets more permissions, while no new one can be made.
func TestAllocationOutlivesTheCredential(t *testing.T) {
	s, _ := start(t, nil)
	user, _ := NewCredential(secret, "room", time.Now().Add(-time.Hour))
	old, _ := NewCredential(secret, "room", time.Now().Add(-allocationLimit-time.Hour))
	for _, tt := range []struct {
		user   string
		method stun.Method
		want   bool
	}{
		{user, stun.MethodAllocate, false},
		{user, stun.MethodRefresh, true},
		{user, stun.MethodCreatePermission, true},
		{user, stun.MethodChannelBind, true},
		{old, stun.MethodRefresh, false},
	} {
		if _, _, ok := s.authenticate(&turn.RequestAttributes{Username: tt.user, Realm: realm, Method: tt.method}); ok != tt.want {
			t.Errorf("%v with %s: %v", tt.method, tt.user, ok)
		}
	}
	if _, _, ok := s.authenticate(&turn.RequestAttributes{Username: credential("room")[0], Realm: "another", Method: stun.MethodAllocate}); ok {
		t.Error("another realm")
	}
}

// The same from a client's view, with a credential that ends soon.
func TestExpiryInUse(t *testing.T) {
	_, address := start(t, nil)
	until := time.Now().Add(2 * time.Second)
	user, password := NewCredential(secret, "room", until)
	c := client(t, udp(t), address, [2]string{user, password})
	a := allocate(t, c)
	b := allocate(t, client(t, udp(t), address, credential("room")))
	time.Sleep(time.Until(time.Unix(until.Unix(), 0).Add(50 * time.Millisecond))) // the server's clock is the real one
	if err := c.CreatePermission(&net.UDPAddr{IP: net.IPv4(203, 0, 113, 9), Port: 1}); err != nil {
		t.Errorf("a permission: %v", err)
	}
	exchange(t, a, b) // which makes permissions and binds channels
	if more, err := client(t, udp(t), address, [2]string{user, password}).Allocate(); err == nil {
		_ = more.Close()
		t.Error("another allocation")
	}
}

// Permissions for hostile targets are refused, and a client with a permission for the
// server's own address reaches nothing but relayed addresses there.
func TestHostileTargets(t *testing.T) {
	_, address := start(t, func(c *Config) { c.Public = []netip.Addr{netip.MustParseAddr("203.0.113.7")} })
	c := client(t, udp(t), address, credential("room"))
	a := allocate(t, c)
	for _, target := range []string{
		"127.0.0.1:53", "10.1.2.3:80", "192.168.1.1:1900", "169.254.169.254:80", "100.100.100.200:80", "224.0.0.251:5353", "0.0.0.0:1",
	} {
		if err := c.CreatePermission(net.UDPAddrFromAddrPort(netip.MustParseAddrPort(target))); err == nil {
			t.Errorf("%s: permission granted", target)
		}
	}
	service := udp(t).(*net.UDPConn) // bound to 127.0.0.1, the address behind the public one
	defer service.Close()
	port := service.LocalAddr().(*net.UDPAddr).AddrPort().Port()
	if port >= firstDynamicPort {
		t.Skip("the system chose a port of the range")
	}
	self := net.UDPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr("203.0.113.7"), port))
	if _, err := a.WriteTo([]byte("hostile"), self); err != nil {
		t.Fatal(err)
	}
	exchange(t, a, allocate(t, client(t, udp(t), address, credential("room")))) // by then it would be there
	_ = service.SetReadDeadline(time.Now())
	if n, _, err := service.ReadFrom(make([]byte, 100)); err == nil {
		t.Errorf("%d bytes reached a service of the server's machine", n)
	}
}

func TestQuotas(t *testing.T) {
	count := func(t *testing.T, address string, names func(int) string) (made int) {
		for i := range 6 {
			relayed, err := client(t, udp(t), address, credential(names(i))).Allocate()
			if err == nil {
				made++
				t.Cleanup(func() { _ = relayed.Close() })
			}
		}
		return made
	}
	t.Run("of a room", func(t *testing.T) {
		_, address := start(t, func(c *Config) { c.PerName = 3 })
		if made := count(t, address, func(int) string { return "room" }); made != 3 {
			t.Errorf("%d allocations of a room", made)
		}
		allocate(t, client(t, udp(t), address, credential("another")))
	})
	t.Run("of an address", func(t *testing.T) {
		_, address := start(t, func(c *Config) { c.PerAddress = 4 })
		if made := count(t, address, func(i int) string { return fmt.Sprint(i) }); made != 4 {
			t.Errorf("%d allocations of an address", made)
		}
	})
	t.Run("given back", func(t *testing.T) {
		s, address := start(t, func(c *Config) { c.PerName, c.PerAddress = 1, 1 })
		for range 3 {
			relayed, err := client(t, udp(t), address, credential("room")).Allocate()
			if err != nil {
				t.Fatal(err)
			}
			_ = relayed.Close()
			deadline := time.Now().Add(20 * time.Second)
			for s.Allocations() > 0 {
				if time.Now().After(deadline) {
					t.Fatal("the allocation stays")
				}
				time.Sleep(time.Millisecond)
			}
		}
	})
}

// Relayed addresses have ports of the range alone, and TCP is not relayed.
func TestPorts(t *testing.T) {
	_, address := start(t, func(c *Config) { c.Ports = PortRange{52000, 52003} })
	for range 4 {
		relayed, err := client(t, udp(t), address, credential("room")).Allocate()
		if err != nil {
			break // the system uses one of them
		}
		t.Cleanup(func() { _ = relayed.Close() })
		if port := relayed.LocalAddr().(*net.UDPAddr).Port; port < 52000 || port > 52003 {
			t.Errorf("port %d", port)
		}
	}
	if tcp, err := client(t, udp(t), address, credential("tcp")).AllocateTCP(); err == nil {
		_ = tcp.Close()
		t.Error("TCP is relayed")
	}
	for _, r := range []PortRange{{1, 1}, {1, 65535}, {65535, 65535}} {
		for range 100 {
			if p := r.random(); !r.contains(p) {
				t.Fatalf("%d of %v", p, r)
			}
		}
	}
}

// An allocation relays as many bytes as it may, both ways together, and then nothing.
func TestBytesOfAnAllocation(t *testing.T) {
	_, server := start(t, func(c *Config) { c.Bytes = 1000 })
	relayed := allocate(t, client(t, udp(t), server, credential("room")))
	peer := udp(t)
	// At its own address the server relays only to the ports of relayed addresses.
	for peer.LocalAddr().(*net.UDPAddr).Port < 49152 {
		_ = peer.Close()
		peer = udp(t)
	}
	defer peer.Close()
	got := make(chan int, 100)
	go func() {
		defer close(got)
		for buf := make([]byte, 2000); ; {
			n, _, err := peer.ReadFrom(buf)
			if err != nil {
				return
			}
			got <- n
		}
	}()
	// Datagrams are lost until there is a permission, and count from then on.
	sum, deadline := 0, time.After(20*time.Second)
	for quiet := 0; quiet < 20; {
		if _, err := relayed.WriteTo(make([]byte, 300), peer.LocalAddr()); err != nil {
			t.Fatal(err)
		}
		select {
		case n := <-got:
			sum, quiet = sum+n, 0
		case <-time.After(50 * time.Millisecond):
			if sum > 0 {
				quiet++
			}
		case <-deadline:
			t.Fatalf("%d bytes came", sum)
		}
	}
	if sum != 900 {
		t.Errorf("%d bytes came, want three datagrams of 300", sum)
	}
}
