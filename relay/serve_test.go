package relay

import (
	"context"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/pion/stun/v4"

	"github.com/tallow-transfer/tallow/internal/wire"
)

func TestListenAndServe(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	addrs := make(chan net.Addr, 1)
	served := make(chan error, 1)
	go func() {
		served <- ListenAndServe(ctx, "127.0.0.1:0", unlimited(), func(a net.Addr) { addrs <- a })
	}()
	addr := <-addrs
	base := "http://" + addr.String()
	_, port, err := net.SplitHostPort(addr.String())
	if err != nil || port == "0" {
		t.Fatalf("address %s, %v", addr, err)
	}

	reply := open(t, base, "")
	s := dial(t, base, asSender(reply.Nameplate, reply.Ticket))
	s.wantFrame(wire.RoomWelcome{Nonce: testNonce(), STUN: ":" + port}.Append(nil))

	client, err := stun.Dial("udp", addr.String())
	if err != nil {
		t.Fatal(err)
	}
	if err := client.Do(stun.MustBuild(stun.TransactionID, stun.BindingRequest), func(e stun.Event) {
		if e.Error != nil {
			t.Error(e.Error)
		}
	}); err != nil {
		t.Error(err)
	}
	_ = client.Close()

	cancel()
	s.wantError(wire.RoomClosing)
	if err := <-served; err != nil {
		t.Errorf("ListenAndServe: %v", err)
	}
	// Both sockets are free again.
	listener, packets, err := Listen(t.Context(), addr.String())
	if err != nil {
		t.Fatal(err)
	}
	_, _ = listener.Close(), packets.Close()
}

func TestListenBindsBothOrNone(t *testing.T) {
	listener, packets, err := Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if listener.Addr().String() != packets.LocalAddr().String() {
		t.Errorf("%s and %s", listener.Addr(), packets.LocalAddr())
	}
	// TCP is free, UDP is not.
	addr := listener.Addr().String()
	_ = listener.Close()
	if l, p, err := Listen(t.Context(), addr); err == nil {
		t.Error("bound a taken UDP port")
		_, _ = l.Close(), p.Close()
	}
	_ = packets.Close()
	listener, packets, err = Listen(t.Context(), addr)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = listener.Close(), packets.Close()

	for _, addr := range []string{"", "8080", "127.0.0.1", "127.0.0.1:99999"} {
		if l, p, err := Listen(t.Context(), addr); err == nil {
			t.Errorf("%q: bound", addr)
			_, _ = l.Close(), p.Close()
		}
	}
}

func TestServeWithoutSTUN(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- Serve(ctx, listener, nil, unlimited()) }()
	base := "http://" + listener.Addr().String()
	_, s, r := pair(t, base) // whose welcome names no STUN address
	s.forward("x")
	r.wantForward("x")
	cancel()
	if err := <-served; err != nil {
		t.Error(err)
	}
}

func TestServeFailsWithItsListener(t *testing.T) {
	listener, packets, err := Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- Serve(t.Context(), listener, packets, unlimited()) }()
	open(t, "http://"+listener.Addr().String(), "")
	_ = listener.Close()
	if err := <-served; err == nil || !strings.Contains(err.Error(), "cannot serve") {
		t.Errorf("Serve: %v", err)
	}
	if err := Serve(t.Context(), listener, nil, Config{MaxRooms: -1}); err == nil {
		t.Error("a bad configuration was served")
	}
}

// A connection that sends nothing does not delay the shutdown.
func TestServeEndsUnderOpenConnections(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- Serve(ctx, listener, nil, unlimited()) }()
	mute, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer mute.Close()
	resp, err := http.Get("http://" + listener.Addr().String() + "/api/health")
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	http.DefaultClient.CloseIdleConnections()
	cancel()
	if err := <-served; err != nil {
		t.Error(err)
	}
}
