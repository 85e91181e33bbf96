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

// killableLanes wraps a client's direct lanes, so that a test can kill them, or
// block their writes until they are killed.
type killableLanes struct {
	mu       sync.Mutex
	ids      []uint32 // of all lanes so far
	alive    map[uint32]*killableLane
	most     int    // alive at the same time
	blocking bool   // lanes of generation 0 block writes
	renewed  func() // called for each relayed lane of a later generation
}

type killableLane struct {
	lane.Carrier
	of     *killableLanes
	id     uint32
	closed chan struct{}
	once   sync.Once
}

func (m *killableLanes) wrap(id uint32, c lane.Carrier) lane.Carrier {
	if id&0xffff == 0 {
		if id > 0 && m.renewed != nil {
			m.renewed()
		}
		return c
	}
	l := &killableLane{Carrier: c, of: m, id: id, closed: make(chan struct{})}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ids = append(m.ids, id)
	m.alive[id] = l
	m.most = max(m.most, len(m.alive))
	return l
}

func (m *killableLanes) kill() {
	m.mu.Lock()
	alive := slices.Collect(maps.Values(m.alive))
	m.mu.Unlock()
	for _, l := range alive {
		_ = l.Close()
	}
}

func (m *killableLanes) block() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.blocking = true
}

func (l *killableLane) WriteRecord(rec []byte) error {
	l.of.mu.Lock()
	blocked := l.of.blocking && l.id>>16 == 0
	l.of.mu.Unlock()
	if blocked {
		<-l.closed
		return errors.New("the lane was killed")
	}
	return l.Carrier.WriteRecord(rec)
}

func (l *killableLane) Close() error {
	l.once.Do(func() { close(l.closed) })
	l.of.mu.Lock()
	delete(l.of.alive, l.id)
	l.of.mu.Unlock()
	return l.Carrier.Close()
}

// sendByTCP transfers by tcp lanes only. It calls at once for each of the past
// numbers of bytes, when more than that have arrived.
func sendByTCP(t *testing.T, url string, m *killableLanes, at func(), past ...int64) {
	t.Helper()
	const size = 200 << 20
	m.alive = make(map[uint32]*killableLane)
	lanes := []tallow.Lane{tallow.LaneTCP}
	sender, receiver := newClient(t, tallow.Config{Relay: url, Lanes: lanes}), newClient(t, tallow.Config{Relay: url, Lanes: lanes})
	sender.WrapCarrier(m.wrap)
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
		t.Error("the files differ")
	}
	if by := sent.result.Lanes; len(by) != 1 || by[tallow.LaneTCP] < size {
		t.Errorf("carried by %v", by)
	}
}

// Four connections carry data, and no more are made.
func TestTCPLanes(t *testing.T) {
	m := &killableLanes{}
	sendByTCP(t, startRelay(t, relay.Config{}), m, nil)
	if m.most != 4 || len(m.ids) != 4 {
		t.Errorf("%d connections at a time, %d in all", m.most, len(m.ids))
	}
}

// Connections that die are replaced.
func TestTCPLanesAreReplaced(t *testing.T) {
	m := &killableLanes{}
	sendByTCP(t, startRelay(t, relay.Config{}), m, m.kill, 5<<20, 60<<20)
	if len(m.ids) < 6 || m.most > 4 {
		t.Errorf("%d connections at a time, %d in all", m.most, len(m.ids))
	}
}

// After a resumption the old connections die, and are replaced by connections
// with the new keys.
func TestTCPLanesAfterAResumption(t *testing.T) {
	b := relaytest.Start(t, relay.Config{})
	m := &killableLanes{}
	m.renewed = m.kill
	sendByTCP(t, b.URL, m, func() {
		m.block()
		b.Cut()
	}, 5<<20)
	if last := m.ids[len(m.ids)-1]; last>>16 == 0 {
		t.Errorf("the last lane is %#x, of generation 0", last)
	}
}

// The relay goes away for good and all connections die. New connections finish
// the transfer.
func TestTCPLanesWithoutTheRelay(t *testing.T) {
	b := relaytest.Start(t, relay.Config{})
	m := &killableLanes{}
	sendByTCP(t, b.URL, m, func() {
		b.GoAway()
		m.kill()
	}, 5<<20)
	if last := m.ids[len(m.ids)-1]; last>>16 != 0 || len(m.ids) < 5 {
		t.Errorf("the last of %d lanes is %#x", len(m.ids), last)
	}
}
