package relay

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// panicking is an Observer that panics for a peer that is made to wait.
type panicking struct{ *notes }

func (panicking) Throttled(time.Duration) { panic("oh no") }

// lockedBuffer is a buffer for several goroutines.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// A fault of the relay that one peer brings out ends that peer's connection. Its room
// learns that it has left, and everybody else goes on.
func TestPanicEndsOnePeer(t *testing.T) {
	var log lockedBuffer
	config := unlimited()
	config.Observer = panicking{newNotes()}
	config.Limits.BytesPerSecondPerRoom = 1
	config.Logger = slog.New(slog.NewTextHandler(&log, nil))
	r, base := start(t, config)
	_, from, to := pair(t, base)
	reply, s, rcv := pair(t, base)
	s.forward(strings.Repeat("x", wire.MaxRoomPayload))
	s.forward("more than at once")
	rcv.frame()
	rcv.want(wire.RoomLeftKind)
	eventually(t, "the peer's connection is gone", func() bool { return r.Stats().Peers == 3 })
	eventually(t, "it is logged", func() bool {
		line := log.String()
		return strings.Contains(line, "level=ERROR") && strings.Contains(line, ": panic serving a peer: oh no")
	})
	dial(t, base, asSender(reply.Nameplate, reply.Ticket)).wantWelcome(wire.RoomPeerHere)
	from.forward("still here")
	to.wantForward("still here")
}
