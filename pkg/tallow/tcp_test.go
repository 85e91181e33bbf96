package tallow_test

import (
	"errors"
	"maps"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/tallow-transfer/tallow/internal/lane"
	"github.com/tallow-transfer/tallow/internal/relaytest"
	"github.com/tallow-transfer/tallow/pkg/tallow"
	"github.com/tallow-transfer/tallow/relay"
)

// mortals are a client's direct lanes, which can be killed, and held until they
// are.
type mortals struct {
	mu      sync.Mutex
	ids     []uint32 // of all that there ever were
	alive   map[uint32]*mortalLane
	most    int    // at a time
	holding bool   // those of the first keys take nothing any more
	renewed func() // called with each relayed lane of later keys
}

type mortalLane struct {
	lane.Carrier
	of     *mortals
	id     uint32
	closed chan struct{}
	once   sync.Once
}

func (m *mortals) tamper(id uint32, c lane.Carrier) lane.Carrier {
	if id&0xffff == 0 {
		if id > 0 && m.renewed != nil {
			m.renewed()
		}
		return c
	}
	l := &mortalLane{Carrier: c, of: m, id: id, closed: make(chan struct{})}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ids = append(m.ids, id)
	m.alive[id] = l
	m.most = max(m.most, len(m.alive))
	return l
}

func (m *mortals) kill() {
	m.mu.Lock()
	alive := slices.Collect(maps.Values(m.alive))
	m.mu.Unlock()
	for _, l := range alive {
		_ = l.Close()
	}
}

func (m *mortals) hold() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.holding = true
}

func (l *mortalLane) WriteRecord(rec []byte) error {
	l.of.mu.Lock()
	held := l.of.holding && l.id>>16 == 0
	l.of.mu.Unlock()
	if held {
		<-l.closed
		return errors.New("the lane was killed")
	}
	return l.Carrier.WriteRecord(rec)
}

func (l *mortalLane) Close() error {
	l.once.Do(func() { close(l.closed) })
	l.of.mu.Lock()
	delete(l.of.alive, l.id)
	l.of.mu.Unlock()
	return l.Carrier.Close()
}

// sendByTCP transfers by tcp alone, and calls at when so many bytes have arrived,
// in their order.
func sendByTCP(t *testing.T, url string, m *mortals, at func(), past ...int64) {
	t.Helper()
	const size = 200 << 20
	m.alive = make(map[uint32]*mortalLane)
	lanes := []tallow.Lane{tallow.LaneTCP}
	sender, receiver := newClient(t, tallow.Config{Relay: url, Lanes: lanes}), newClient(t, tallow.Config{Relay: url, Lanes: lanes})
	sender.Tamper(m.tamper)
	dir, out := write(t, map[string]int{"big": size}), t.TempDir()
	sent, received := transfer(t, sender, receiver,
		tallow.SendOptions{Paths: []string{filepath.Join(dir, "big")}},
		tallow.ReceiveOptions{Output: out, OnEvent: func(e tallow.Event) {
			if p, ok := e.(tallow.ProgressEvent); ok && len(past) > 0 && p.Bytes > past[0] && p.Bytes < p.Total {
				past = past[1:]
				at()
			}
		}})
	if sent.err != nil || received.err != nil {
		t.Fatalf("the sender: %v; the receiver: %v", sent.err, received.err)
	}
	if len(past) > 0 {
		t.Fatal("the transfer was too fast for this test")
	}
	if !maps.Equal(contents(t, out), contents(t, dir)) {
		t.Error("not the same")
	}
	if by := sent.result.Lanes; len(by) != 1 || by[tallow.LaneTCP] < size {
		t.Errorf("carried by %v", by)
	}
}

// A few connections carry together, and not more than that.
func TestTCPLanes(t *testing.T) {
	m := &mortals{}
	sendByTCP(t, startRelay(t, relay.Config{}), m, nil)
	if m.most != 4 || len(m.ids) != 4 {
		t.Errorf("%d connections, of %d that there ever were", m.most, len(m.ids))
	}
}

// Connections that die are made again.
func TestTCPLanesAreDialledAgain(t *testing.T) {
	m := &mortals{}
	sendByTCP(t, startRelay(t, relay.Config{}), m, m.kill, 5<<20, 60<<20)
	if len(m.ids) < 6 || m.most > 4 {
		t.Errorf("%d connections, of %d that there ever were", m.most, len(m.ids))
	}
}

// The relay is lost and found again; then the connections of the time before
// die: there are others under the new keys.
func TestTCPLanesAfterAResumption(t *testing.T) {
	b := relaytest.Start(t, relay.Config{})
	m := &mortals{}
	m.renewed = m.kill
	sendByTCP(t, b.URL, m, func() {
		m.hold()
		b.Cut()
	}, 5<<20)
	if last := m.ids[len(m.ids)-1]; last>>16 == 0 {
		t.Errorf("the last lane is %#x, of the first keys", last)
	}
}

// The relay goes away for good, and so do the connections: others finish the
// transfer.
func TestTCPLanesWithoutTheRelay(t *testing.T) {
	b := relaytest.Start(t, relay.Config{})
	m := &mortals{}
	sendByTCP(t, b.URL, m, func() {
		b.GoAway()
		m.kill()
	}, 5<<20)
	if last := m.ids[len(m.ids)-1]; last>>16 != 0 || len(m.ids) < 5 {
		t.Errorf("the last of %d lanes is %#x", len(m.ids), last)
	}
}
