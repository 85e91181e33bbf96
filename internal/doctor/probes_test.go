package doctor

import (
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"testing"

	"github.com/pion/stun/v4"
)

// serveSTUN answers STUN requests with an address, after it has ignored some.
func serveSTUN(t *testing.T, seen string, ignored int) string {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	t.Cleanup(func() { _ = conn.Close(); <-ended })
	as := netip.MustParseAddrPort(seen)
	go func() {
		defer close(ended)
		packet := make([]byte, maxPacket)
		for {
			n, from, err := conn.ReadFromUDPAddrPort(packet)
			if err != nil {
				return
			}
			request := &stun.Message{Raw: packet[:n]}
			if ignored--; ignored >= 0 || request.Decode() != nil {
				continue
			}
			// Something else first, which is no answer to anything.
			stranger, _ := stun.Build(stun.TransactionID, stun.BindingSuccess, &stun.XORMappedAddress{IP: net.IPv4(9, 9, 9, 9), Port: 9})
			_, _ = conn.WriteToUDPAddrPort(stranger.Raw, from)
			_, _ = conn.WriteToUDPAddrPort([]byte("nonsense"), from)
			answer, err := stun.Build(request, stun.BindingSuccess, &stun.XORMappedAddress{IP: as.Addr().AsSlice(), Port: int(as.Port())})
			if err == nil {
				_, _ = conn.WriteToUDPAddrPort(answer.Raw, from)
			}
		}
	}()
	return conn.LocalAddr().String()
}

// One socket asks all servers, again where one does not answer.
func TestSocketAsksServers(t *testing.T) {
	servers := []string{serveSTUN(t, "198.51.100.7:4000", 0), serveSTUN(t, "198.51.100.7:4001", 1), serveSTUN(t, "127.0.0.1:4002", 0)}
	got := socket{}.ask(t.Context(), servers)
	if len(got) != 3 {
		t.Fatalf("%+v", got)
	}
	for i, want := range []string{"198.51.100.7:4000", "198.51.100.7:4001", "127.0.0.1:4002"} {
		if m := got[i]; m.server.String() != servers[i] || m.seen.String() != want || m.own != (i == 2) {
			t.Errorf("%+v, want %s", m, want)
		}
	}
	if kind := kindOfNAT(got[:2]); kind != natDependent {
		t.Errorf("kind %d", kind)
	}
}

// Whatever a packet has in it, it is no answer unless it has the number of a request.
func FuzzAnswer(f *testing.F) {
	request, err := stun.Build(stun.TransactionID, stun.BindingRequest)
	if err != nil {
		f.Fatal(err)
	}
	good, err := stun.Build(request, stun.BindingSuccess, &stun.XORMappedAddress{IP: net.IPv4(198, 51, 100, 7), Port: 4000})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good.Raw)
	f.Add(request.Raw)
	f.Fuzz(func(t *testing.T, packet []byte) {
		mappings := []mapping{{server: netip.MustParseAddrPort("192.0.2.1:3478")}}
		note(mappings, []*stun.Message{request}, packet)
		if mappings[0].seen.IsValid() && (len(packet) < 20 || [12]byte(packet[8:20]) != request.TransactionID) {
			t.Errorf("%x is taken for an answer", packet)
		}
	})
}

func TestFolders(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, ok := range map[string]bool{
		dir: true, filepath.Join(dir, "new", "newer"): true, file: false, filepath.Join(file, "below"): false,
	} {
		if err := (folders{}).write(path); (err == nil) != ok {
			t.Errorf("%s: %v", path, err)
		}
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("it has left something: %v, %v", entries, err)
	}
	if free := (folders{}).free(filepath.Join(dir, "new")); free <= 0 {
		t.Errorf("%d bytes are free", free)
	}
}

func TestNewRefuses(t *testing.T) {
	for _, c := range []Config{{Relay: "http://a b"}, {Relay: "relay.example", Pins: []string{"x"}}} {
		if _, err := New(c); err == nil {
			t.Errorf("%+v is taken", c)
		}
	}
}
