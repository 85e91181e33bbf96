package relay

import (
	"encoding/binary"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// settled polls a counter until it has not moved for a while.
func settled(t *testing.T, counter *atomic.Int64) int64 {
	t.Helper()
	var last int64
	still := 0
	eventually(t, "the sender is held up", func() bool {
		if n := counter.Load(); n > 0 && n == last {
			still++
		} else {
			last, still = n, 0
		}
		return still >= 300 // polls, a millisecond each
	})
	return last
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// A receiver that does not read holds up the sender after what the sockets
// take in; the relay holds a few messages. Nothing is lost when it reads on.
func TestSlowReceiverSlowsTheSender(t *testing.T) {
	_, base := start(t, unlimited())
	_, s, r := pair(t, base)
	r.forward("M1") // or it would be taken for one that says nothing
	s.wantForward("M1")
	const messages, size = 2000, 60_000 // 120 MB
	const bound = 48 << 20              // of what the system's socket buffers may take
	before := heap()

	var sent atomic.Int64
	var sending sync.WaitGroup
	sending.Go(func() {
		frame := make([]byte, 1+size)
		frame[0] = byte(wire.RoomForwardKind)
		for i := range messages {
			binary.BigEndian.PutUint32(frame[1:], uint32(i))
			binary.BigEndian.PutUint32(frame[size-3:], uint32(i))
			if err := s.conn.WriteMessage(websocket.BinaryMessage, frame); err != nil {
				t.Error(err)
				return
			}
			sent.Add(size)
		}
	})
	if n := settled(t, &sent); n > bound {
		t.Errorf("%d bytes were taken although nobody reads", n)
	}
	if after := heap(); after > before+4<<20 {
		t.Errorf("the heap grew from %d to %d bytes", before, after)
	}
	for i := range messages {
		b := r.frame()
		if len(b) != 1+size || binary.BigEndian.Uint32(b[1:]) != uint32(i) || binary.BigEndian.Uint32(b[size-3:]) != uint32(i) {
			t.Fatalf("message %d: %d bytes, numbered %d", i, len(b), binary.BigEndian.Uint32(b[1:]))
		}
	}
	sending.Wait()
	s.forward("after all that")
	r.wantForward("after all that")
}

// Both peers send and neither reads: each is held up, the relay is not, and
// neither direction depends on the other.
func TestHeldUpBothWays(t *testing.T) {
	r, base := start(t, unlimited())
	_, one, two := pair(t, base)
	var sent atomic.Int64
	var sending sync.WaitGroup
	for _, p := range []client{one, two} {
		sending.Go(func() {
			frame := make([]byte, wire.MaxRoomFrame)
			frame[0] = byte(wire.RoomForwardKind)
			for p.conn.WriteMessage(websocket.BinaryMessage, frame) == nil {
				sent.Add(1)
			}
		})
	}
	settled(t, &sent)
	_, s, rcv := pair(t, base) // others go on
	s.forward("x")
	rcv.wantForward("x")
	begin := time.Now()
	if err := r.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("shutdown took %v", took)
	}
	sending.Wait()
}

// BenchmarkForward moves 64 KiB messages from one peer to the other; all three
// parties share this machine's processors.
func BenchmarkForward(b *testing.B) {
	r, err := New(unlimited())
	if err != nil {
		b.Fatal(err)
	}
	server := httptest.NewServer(r)
	defer server.Close()
	defer r.Close()
	room, _ := r.table.open(wire.OpenRequest{Nonce: testNonce()}, owner{})
	dialer := websocket.Dialer{WriteBufferSize: wire.MaxRoomFrame}
	s, _, err := dialer.Dial(webSocket(server.URL), http.Header{"Authorization": {asSender(room.nameplate, room.ticket).Authorization()}})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	rcv, _, err := dialer.Dial(webSocket(server.URL), http.Header{"Authorization": {asReceiver(room.nameplate).Authorization()}})
	if err != nil {
		b.Fatal(err)
	}
	defer rcv.Close()
	if _, _, err := rcv.ReadMessage(); err != nil { // the welcome
		b.Fatal(err)
	}
	room.burn() // or the receiver would have to say something
	frame := make([]byte, 1+64<<10)
	frame[0] = byte(wire.RoomForwardKind)
	buf := make([]byte, len(frame))
	b.SetBytes(int64(len(frame) - 1))
	b.ReportAllocs()
	b.ResetTimer()
	var sending sync.WaitGroup
	sending.Go(func() {
		for range b.N {
			if err := s.WriteMessage(websocket.BinaryMessage, frame); err != nil {
				b.Error(err)
				return
			}
		}
	})
	for range b.N {
		_, body, err := rcv.NextReader()
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.ReadFull(body, buf); err != nil {
			b.Fatal(err)
		}
	}
	sending.Wait()
}
