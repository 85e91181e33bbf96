package rendezvous

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/relay"
)

var (
	resumeID = [16]byte{0x5e, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}
	nameA    = [16]byte{0xaa}
	nameB    = [16]byte{0xbb}
)

func resume(t *testing.T, address string, name [16]byte) *Room {
	t.Helper()
	r, err := client(t, address).Resume(t.Context(), resumeID, name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

func TestResume(t *testing.T) {
	_, address := startRelay(t, relay.Config{STUNAddress: ":3478"})
	a, b := resume(t, address, nameA), resume(t, address, nameB)
	wantEvent(t, a, Joined)
	wantEvent(t, b, Joined)
	for _, r := range []*Room{a, b} {
		if r.Nameplate() != "" || r.Nonce() != [16]byte{} || r.STUN() != "127.0.0.1:3478" {
			t.Errorf("nameplate %q, nonce %x, STUN %s", r.Nameplate(), r.Nonce(), r.STUN())
		}
	}
	send(t, a, "from A")
	wantMessage(t, b, "from A")
	longest := strings.Repeat("x", MaxPayload)
	send(t, b, longest)
	wantMessage(t, a, longest)

	_, err := client(t, address).Resume(t.Context(), resumeID, [16]byte{0xcc})
	if e := wantRefusal(t, err, wire.RoomFull); !e.Resuming {
		t.Errorf("a third: %v", e)
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	wantEvent(t, a, Left)
	again := resume(t, address, nameB)
	wantEvent(t, a, Joined)
	wantEvent(t, again, Joined)
	send(t, again, "back again")
	wantMessage(t, a, "back again")
}

func TestResumeTakesTheSlotOver(t *testing.T) {
	_, address := startRelay(t, relay.Config{})
	a, b := resume(t, address, nameA), resume(t, address, nameB)
	wantEvent(t, a, Joined)
	wantEvent(t, b, Joined)
	next, err := client(t, address).Rejoin(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	defer next.Close()
	_, _, err = read(t, a)
	wantRefusal(t, err, wire.RoomReplaced)
	wantEvent(t, next, Joined)
	wantEvent(t, b, Left)
	wantEvent(t, b, Joined)
	send(t, next, "here")
	wantMessage(t, b, "here")
}

func TestResumeRoomHasNothingToBurn(t *testing.T) {
	_, address := startRelay(t, relay.Config{})
	a := resume(t, address, nameA)
	if err := a.Burn(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, _, err := read(t, a)
	wantRefusal(t, err, wire.RoomMalformed)
}

func TestNobodyResumes(t *testing.T) {
	_, address := startRelay(t, relay.Config{ResumeTTL: time.Second})
	_, _, err := read(t, resume(t, address, nameA))
	if e := wantRefusal(t, err, wire.RoomExpired); !e.Resuming {
		t.Errorf("%v", e)
	}
}

func TestResumeIsRefusedByAnOldRelay(t *testing.T) {
	address := scripted(t, func(_ context.Context, conn *websocket.Conn) {
		put(conn, wire.RoomError{Code: wire.RoomMalformed, Message: "Malformed."}.Append(nil))
		untilGone(conn)
	})
	_, err := client(t, address).Resume(t.Context(), resumeID, nameA)
	wantRefusal(t, err, wire.RoomMalformed)
}

// The sender's Wi-Fi goes while nobody has come: the relay does not notice, the
// sender does, and joins again before its receiver comes.
func TestRejoinAfterTheNetworkWent(t *testing.T) {
	_, address := startRelay(t, relay.Config{})
	network := startProxy(t, address)
	c := client(t, network.address)
	s, err := c.Open(t.Context(), OpenRequest{Nonce: testNonce()})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	network.cut()
	_, _, err = read(t, s)
	errorAs[*LostError](t, err)

	back, err := c.Rejoin(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	defer back.Close()
	if back.Nameplate() != s.Nameplate() || back.Nonce() != testNonce() {
		t.Errorf("nameplate %s, nonce %x", back.Nameplate(), back.Nonce())
	}
	r, err := client(t, address).Join(t.Context(), s.Nameplate())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	wantEvent(t, back, Joined)
	wantEvent(t, r, Joined)
	send(t, r, "M1")
	wantMessage(t, back, "M1")
	if err := back.Burn(t.Context()); err != nil { // it is the sender as before
		t.Fatal(err)
	}
	send(t, back, "M2")
	wantMessage(t, r, "M2")

	// The receiver has nothing to show for itself.
	_, err = client(t, address).Rejoin(t.Context(), r)
	wantRefusal(t, err, wire.RoomUsed)
}

func TestRejoinOfALostRoom(t *testing.T) {
	_, address := startRelay(t, relay.Config{})
	c := client(t, address)
	s, err := c.Open(t.Context(), OpenRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Withdraw(t.Context()); err != nil {
		t.Fatal(err)
	}
	_ = s.Close()
	for {
		_, err := c.Rejoin(t.Context(), s)
		if refused := (*RelayError)(nil); errors.As(err, &refused) && refused.Code == wire.RoomReplaced {
			continue // the withdrawal came in between
		}
		if e := wantRefusal(t, err, wire.RoomWithdrawn); !e.Sending {
			t.Errorf("%v", e)
		}
		break
	}
}

func TestResumeAndRejoinHeedTheContext(t *testing.T) {
	address := scripted(t, func(_ context.Context, conn *websocket.Conn) { untilGone(conn) })
	why := errors.New("enough")
	for name, call := range map[string]func(context.Context, *Client) (*Room, error){
		"resume": func(ctx context.Context, c *Client) (*Room, error) { return c.Resume(ctx, resumeID, nameA) },
		"rejoin": func(ctx context.Context, c *Client) (*Room, error) {
			return c.Rejoin(ctx, &Room{join: wire.RoomJoin{Role: wire.RoomReceiver, Nameplate: "7"}})
		},
	} {
		ctx, cancel := context.WithCancelCause(t.Context())
		timer := time.AfterFunc(50*time.Millisecond, func() { cancel(why) })
		if _, err := call(ctx, client(t, address)); err != why {
			t.Errorf("%s: %v", name, err)
		}
		timer.Stop()
	}
}

// proxy is a network between a client and a relay that can go: the client sees
// its connections end, the relay sees nothing at all.
type proxy struct {
	address string

	mu    sync.Mutex
	near  []net.Conn // to clients
	far   []net.Conn // to the relay
	ended bool
}

// startProxy passes connections on to address.
func startProxy(t *testing.T, address string) *proxy {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{address: listener.Addr().String()}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { p.pass(conn, address) })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		p.cut()
		p.mu.Lock()
		p.ended = true
		for _, c := range p.far {
			_ = c.Close()
		}
		p.mu.Unlock()
		serving.Wait()
	})
	return p
}

// cut ends what the clients see.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.near {
		_ = c.Close()
	}
}

func (p *proxy) pass(near net.Conn, address string) {
	defer near.Close()
	far, err := net.Dial("tcp", address)
	if err != nil {
		return
	}
	p.mu.Lock()
	p.near, p.far = append(p.near, near), append(p.far, far)
	if p.ended {
		_ = far.Close()
	}
	p.mu.Unlock()
	var up sync.WaitGroup
	up.Go(func() { _, _ = io.Copy(far, near) }) // and then leaves far open
	_, _ = io.Copy(near, far)
	up.Wait()
}
