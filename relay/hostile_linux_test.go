package relay

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// stranger is somebody at one of the many addresses of 127.0.0.0/8.
type stranger struct {
	relay string // HOST:PORT
	from  int
}

func (s stranger) dialer() *net.Dialer {
	ip := net.IPv4(127, byte(1+s.from/62_500), byte(1+s.from/250%250), byte(1+s.from%250))
	return &net.Dialer{LocalAddr: &net.TCPAddr{IP: ip}}
}

func (s stranger) connect(ctx context.Context) (net.Conn, error) {
	conn, err := s.dialer().DialContext(ctx, "tcp", s.relay)
	if err == nil {
		_ = conn.SetDeadline(time.Now().Add(6 * testTimeout))
	}
	return conn, err
}

// socket opens a WebSocket, with a join unless that has no role.
func (s stranger) socket(ctx context.Context, join wire.RoomJoin) (*websocket.Conn, error) {
	dialer := websocket.Dialer{NetDialContext: s.dialer().DialContext}
	header := http.Header{}
	if join.Role != 0 {
		header.Set("Authorization", join.Authorization())
	}
	conn, _, err := dialer.DialContext(ctx, "ws://"+s.relay+"/ws", header)
	if err == nil {
		_ = conn.SetReadDeadline(time.Now().Add(6 * testTimeout))
	}
	return conn, err
}

func (s stranger) post(ctx context.Context, body []byte) ([]byte, error) {
	transport := &http.Transport{DialContext: s.dialer().DialContext, DisableKeepAlives: true}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+s.relay+"/api/session", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	return io.ReadAll(io.LimitReader(resp.Body, 1<<16))
}

func noise(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails (Go 1.24)
	return b
}

func aResumeRoom() wire.RoomJoin {
	return wire.RoomJoin{Role: wire.RoomResumer, Resume: [16]byte(noise(16)), Peer: [16]byte(noise(16))}
}

// hostileActs are what strangers do. What they hold open they hold until ctx ends.
// Most of it fails, as it should.
func hostileActs() map[string]func(ctx context.Context, s stranger) {
	hold := func(ctx context.Context, closer io.Closer, err error) bool {
		if err == nil {
			context.AfterFunc(ctx, func() { _ = closer.Close() })
		}
		return err == nil
	}
	return map[string]func(context.Context, stranger){
		"a request that does not end": func(ctx context.Context, s stranger) {
			conn, err := s.connect(ctx)
			if hold(ctx, conn, err) {
				_, _ = io.WriteString(conn, "GET /ws HTTP/1.1\r\nX-Long: "+strings.Repeat("x", s.from%100))
			}
		},
		"a connection that says nothing": func(ctx context.Context, s stranger) {
			conn, err := s.connect(ctx)
			hold(ctx, conn, err)
		},
		"a peer that does not join": func(ctx context.Context, s stranger) {
			conn, err := s.socket(ctx, wire.RoomJoin{})
			hold(ctx, conn, err)
		},
		"a message that does not end": func(ctx context.Context, s stranger) {
			conn, err := s.socket(ctx, aResumeRoom())
			if hold(ctx, conn, err) {
				_, _ = conn.NetConn().Write([]byte{0x82, 0xfe, 0xff, 0xff, 0, 0, 0, 0, 5, 5, 5})
			}
		},
		"too large a body": func(ctx context.Context, s stranger) { _, _ = s.post(ctx, make([]byte, 1<<20)) },
		"too large a message": func(ctx context.Context, s stranger) {
			if conn, err := s.socket(ctx, aResumeRoom()); err == nil {
				defer conn.Close()
				if conn.WriteMessage(websocket.BinaryMessage, make([]byte, 1<<20)) == nil {
					_, _, _ = conn.ReadMessage()
				}
			}
		},
		"noise": func(ctx context.Context, s stranger) {
			if conn, err := s.connect(ctx); err == nil {
				defer conn.Close()
				_, _ = conn.Write(noise(1 + s.from%5000))
				_ = conn.(*net.TCPConn).CloseWrite()
				_, _ = io.Copy(io.Discard, conn)
			}
		},
		"frames of noise": func(ctx context.Context, s stranger) {
			if conn, err := s.socket(ctx, aResumeRoom()); err == nil {
				defer conn.Close()
				for conn.WriteMessage(websocket.BinaryMessage, noise(1+s.from%1000)) == nil {
					if _, frame, err := conn.ReadMessage(); err != nil || wire.RoomKind(frame[0]) == wire.RoomErrorKind {
						return
					}
				}
			}
		},
		"a nameplate": func(ctx context.Context, s stranger) {
			if conn, err := s.socket(ctx, asReceiver(strconv.Itoa(1+s.from%999))); err == nil {
				defer conn.Close()
				_, _, _ = conn.ReadMessage()
			}
		},
	}
}

// honest transfers something, as two peers do.
func honest(ctx context.Context, s stranger) error {
	body, err := s.post(ctx, wire.OpenRequest{Nonce: testNonce()}.Append(nil))
	if err != nil {
		return err
	}
	reply, err := wire.ParseOpenReply(body)
	if err != nil {
		return fmt.Errorf("%s: %w", body, err)
	}
	snd, err := s.socket(ctx, asSender(reply.Nameplate, reply.Ticket))
	if err != nil {
		return err
	}
	defer snd.Close()
	defer func() { _ = snd.WriteMessage(websocket.BinaryMessage, []byte{byte(wire.RoomCloseKind)}) }()
	// What is said to a sender that is not in the room yet is lost.
	if _, err := next(snd); err != nil {
		return err
	}
	rcv, err := s.socket(ctx, asReceiver(reply.Nameplate))
	if err != nil {
		return err
	}
	defer rcv.Close()
	welcome, err := next(rcv)
	if err != nil {
		return err
	}
	if wire.RoomKind(welcome[0]) != wire.RoomWelcomeKind {
		// A stranger was there first, as it may; its person would try again.
		if e, _ := wire.ParseRoomError(welcome); e.Code == wire.RoomFull {
			return honest(ctx, stranger{s.relay, s.from + 1})
		}
		return fmt.Errorf("no welcome: %x", welcome)
	}
	payload := append([]byte{byte(wire.RoomForwardKind)}, noise(50_000)...)
	const messages = 10
	sent := make(chan error, 1)
	go func() {
		for range messages {
			if err := rcv.WriteMessage(websocket.BinaryMessage, payload); err != nil {
				sent <- err
				return
			}
		}
		sent <- nil
	}()
	for got := 0; got < messages; {
		frame, err := next(snd)
		if err != nil {
			return err
		}
		if wire.RoomKind(frame[0]) != wire.RoomForwardKind {
			continue // somebody has come or gone
		}
		if !bytes.Equal(frame, payload) {
			return fmt.Errorf("other bytes than were sent: %.20x", frame)
		}
		got++
	}
	return <-sent
}

func next(conn *websocket.Conn) ([]byte, error) {
	_, frame, err := conn.ReadMessage()
	if err == nil && len(frame) == 0 {
		err = io.ErrUnexpectedEOF
	}
	return frame, err
}

// besiege has strangers do all their acts, each as often as it says, and honest
// transfers beside them, and returns how many of those finished.
func besiege(t *testing.T, relay string, times int) int64 {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var strangers, transfers sync.WaitGroup
	var from, finished atomic.Int64
	for _, act := range hostileActs() {
		const atOnce = 10
		for range atOnce {
			strangers.Go(func() {
				for range times / atOnce {
					act(ctx, stranger{relay, 1000 + int(from.Add(1))%1000})
				}
			})
		}
	}
	over := make(chan struct{})
	for pair := range 3 {
		transfers.Go(func() {
			for n := 0; ; n++ {
				if err := honest(ctx, stranger{relay, 10_000 + pair*1000 + n/3*10}); err != nil {
					t.Errorf("an honest transfer: %v", err)
					return
				}
				finished.Add(1)
				select {
				case <-over:
					return
				default:
				}
			}
		})
	}
	strangers.Wait()
	close(over)
	transfers.Wait()
	return finished.Load()
}

// Strangers of all kinds, from a thousand addresses, keep no honest transfer from
// finishing, and nothing of them stays.
func TestHostileLoad(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	listener, err := ListenTCP(ctx, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	o := &observed{}
	serving.Go(func() {
		if err := Serve(ctx, listener, nil, Config{Observer: o}); err != nil {
			t.Error(err)
		}
	})
	defer serving.Wait()
	defer stop()
	relay := listener.Addr().String()
	besiege(t, relay, 300) // what is kept of an address for a while, however often it comes, is no leak
	before := settledHeap(t, ^uint64(0))
	finished := besiege(t, relay, 300)
	if finished < 3 {
		t.Errorf("%d honest transfers", finished)
	}
	// The heap of a relay without peers is so small that a few maps that grew show.
	most := before + before/10 + 512<<10
	after := settledHeap(t, most)
	if after > most {
		t.Errorf("%d bytes of heap after it, %d before", after, before)
	}
	t.Logf("%d honest transfers; %d bytes of heap before, %d after", finished, before, after)
	for _, reason := range []string{"unknown", "malformed", "too-large"} {
		if o.count(reason) == 0 {
			t.Errorf("nothing was refused as %s", reason)
		}
	}
}

// settledHeap waits until this process has no more than so much heap in use, as
// connections end in their own time, and returns what it has at last.
func settledHeap(t *testing.T, enough uint64) uint64 {
	t.Helper()
	var m runtime.MemStats
	last := ^uint64(0)
	for deadline := time.Now().Add(6 * testTimeout); time.Now().Before(deadline); {
		runtime.GC()
		runtime.ReadMemStats(&m)
		if m.HeapAlloc <= enough && m.HeapAlloc+m.HeapAlloc/50 >= last { // it falls no more
			return m.HeapAlloc
		}
		last = m.HeapAlloc
		time.Sleep(100 * time.Millisecond)
	}
	return m.HeapAlloc
}
