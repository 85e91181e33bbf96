package longhaul

import (
	"container/heap"
	"encoding/binary"
	"math/rand/v2"
	"testing"
	"time"
)

// simulation runs endpoints over simulated links, with a clock of its own. The same
// seed always gives the same run.
type simulation struct {
	now    time.Duration
	events eventQueue
	count  uint64
	random *rand.Rand
}

func newSimulation(seed uint64) *simulation {
	return &simulation{random: rand.New(rand.NewPCG(seed, 1))}
}

type event struct {
	at    time.Duration
	order uint64
	do    func()
}

type eventQueue []event

func (q eventQueue) Len() int { return len(q) }
func (q eventQueue) Less(i, j int) bool {
	return q[i].at < q[j].at || q[i].at == q[j].at && q[i].order < q[j].order
}
func (q eventQueue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *eventQueue) Push(x any)   { *q = append(*q, x.(event)) }
func (q *eventQueue) Pop() any {
	last := len(*q) - 1
	x := (*q)[last]
	*q = (*q)[:last]
	return x
}

// at calls do at a time.
func (s *simulation) at(t time.Duration, do func()) {
	s.count++
	heap.Push(&s.events, event{max(t, s.now), s.count, do})
}

// run runs until a time, or until done returns true.
func (s *simulation) run(until time.Duration, done func() bool) {
	for len(s.events) > 0 && s.events[0].at <= until && !done() {
		e := heap.Pop(&s.events).(event)
		s.now = e.at
		e.do()
	}
	if !done() {
		s.now = max(s.now, until)
	}
}

// link is one direction of a path. Zero values are those of a perfect one.
type link struct {
	sim     *simulation
	rate    float64 // bytes a second; 0: no limit
	queue   int     // bytes; 0: no limit
	delay   time.Duration
	loss    float64
	jitter  time.Duration // of the delay; packets stay in order
	reorder float64       // the share of packets that are late
	late    time.Duration // by how much
	dup     float64
	mtu     int // larger packets are lost; 0: no limit
	police  *tokenBucket
	down    bool
	ecn     ecnPath

	free       time.Duration // when the last queued byte will have been sent
	last       time.Duration // when the last packet arrives
	dropped    int
	marked     int
	queued     time.Duration // the longest that a packet waited
	queuedSum  time.Duration
	queuedSeen int
}

// ecnPath is what a link does to packets that may be marked.
type ecnPath struct {
	above  time.Duration // marks those that waited longer; 0: none
	police *tokenBucket  // marks what is over its rate
	clears bool          // no packet keeps its bits
	drops  bool          // loses them
}

// tokenBucket tells what is over a rate.
type tokenBucket struct {
	rate, size, tokens float64
	at                 time.Duration
}

func (t *tokenBucket) take(n int, now time.Duration) bool {
	t.tokens = min(t.size, t.tokens+t.rate*(now-t.at).Seconds())
	t.at = now
	if t.tokens < float64(n) {
		return false
	}
	t.tokens -= float64(n)
	return true
}

// headers is what UDP, IP, the trunk's seal and Ethernet add to a packet.
const headers = 29 + 28

// send sends a packet of a size that may not be marked.
func (l *link) send(size int, deliver func()) { l.sendECN(size, 0, func(byte) { deliver() }) }

// sendECN sends a packet with its ECN bits, which may change on the way.
func (l *link) sendECN(size int, ecn byte, arrive func(ecn byte)) {
	s := l.sim
	wire := size + headers
	switch {
	case l.down, l.mtu > 0 && size > l.mtu, s.random.Float64() < l.loss, l.ecn.drops && ecn != 0, l.police != nil && !l.police.take(wire, s.now):
		l.dropped++
		return
	}
	at := s.now
	if l.rate > 0 {
		wait := max(0, l.free-s.now)
		if l.queue > 0 && wait.Seconds()*l.rate+float64(wire) > float64(l.queue) {
			l.dropped++
			return
		}
		if l.ecn.above > 0 && wait > l.ecn.above && ecn == ecnCapable {
			ecn = ecnMarked
			l.marked++
		}
		l.queued = max(l.queued, wait)
		l.queuedSum += wait
		l.queuedSeen++
		l.free = max(l.free, s.now) + timeFor(wire, l.rate)
		at = l.free
	}
	if l.ecn.police != nil && !l.ecn.police.take(wire, s.now) && ecn == ecnCapable {
		ecn = ecnMarked
		l.marked++
	}
	if l.ecn.clears {
		ecn = 0
	}
	deliver := func() { arrive(ecn) }
	at += l.delay
	if l.jitter > 0 {
		at += time.Duration(s.random.Int64N(int64(l.jitter)))
	}
	if s.random.Float64() < l.reorder {
		s.at(at+l.late, deliver)
		return
	}
	at = max(at, l.last)
	l.last = at
	s.at(at, deliver)
	if s.random.Float64() < l.dup {
		s.at(at+time.Duration(s.random.Int64N(int64(5*time.Millisecond))), deliver)
	}
}

// takeWait returns the mean time in the queue since the last call.
func (l *link) takeWait() time.Duration {
	if l.queuedSeen == 0 {
		return 0
	}
	mean := l.queuedSum / time.Duration(l.queuedSeen)
	l.queuedSum, l.queuedSeen = 0, 0
	return mean
}

// node is an endpoint in a simulation.
type node struct {
	t     testing.TB
	sim   *simulation
	end   *endpoint
	link  *link
	peer  *node
	timer uint64
	buf   []byte
	out   [simMessage]byte // the message that is written
	in    [simMessage]byte // the one that was read

	toSend   int64 // bytes that are still to be written
	written  uint64
	received int64 // bytes that were read
	expected uint64
	slow     time.Duration // the reader reads a message so seldom; 0: at once
	readAt   time.Duration
	first    time.Duration // when the first message arrived
}

const simMessage = 60000

// connectNodes makes both ends of a connection.
func connectNodes(t testing.TB, sim *simulation, there, back *link, sizes ...int) (a, b *node) {
	make := func(seed uint64, l *link) *node {
		return &node{
			t: t, sim: sim, link: l, buf: make([]byte, 9000),
			end: newEndpoint(settings{payload: 1171, sizes: sizes, ecn: true, seed: seed}),
		}
	}
	a, b = make(sim.random.Uint64(), there), make(sim.random.Uint64(), back)
	a.peer, b.peer = b, a
	a.end.ping()
	return a, b
}

// start sends bytes from now on.
func (n *node) start(bytes int64) {
	n.toSend = bytes
	n.work()
}

// work does whatever can be done now.
func (n *node) work() {
	n.read()
	message := n.out[:]
	for n.toSend > 0 && n.end.room() {
		binary.BigEndian.PutUint64(message, n.written)
		n.written++
		n.end.write(message)
		n.toSend -= simMessage
	}
	for {
		packet, ok := n.end.next(n.buf, n.sim.now)
		if !ok {
			break
		}
		sent, ecn := append([]byte(nil), packet...), byte(0)
		if n.end.capable {
			ecn = ecnCapable
		}
		n.link.sendECN(len(sent), ecn, func(ecn byte) { n.peer.take(sent, ecn) })
	}
	n.timer++
	timer, at := n.timer, n.end.deadline()
	if at == never {
		return
	}
	if at <= n.sim.now {
		n.t.Fatalf("at %v the endpoint has something to do and does not do it", n.sim.now)
	}
	n.sim.at(at, func() {
		if timer == n.timer {
			n.work()
		}
	})
}

func (n *node) take(packet []byte, ecn byte) {
	if err := n.end.handle(packet, ecn, n.sim.now); err != nil {
		n.t.Fatal(err)
	}
	n.work()
}

func (n *node) read() {
	for n.slow == 0 || n.sim.now >= n.readAt {
		head, size, ok, err := n.end.in.message(1 << 16)
		if err != nil {
			n.t.Fatal(err)
		}
		if !ok {
			return
		}
		message, err := n.end.in.take(n.in[:], head, size)
		if err != nil || len(message) != simMessage || binary.BigEndian.Uint64(message) != n.expected {
			n.t.Fatalf("message %d is not the one that was sent", n.expected)
		}
		if n.received == 0 {
			n.first = n.sim.now
		}
		n.expected++
		n.received += int64(size)
		if n.slow > 0 {
			n.readAt = n.sim.now + n.slow
			n.sim.at(n.readAt, n.work)
		}
	}
}

const mbit = 1e6 / 8

// path makes both directions of a path, with a queue of so many bandwidth-delay
// products.
func path(sim *simulation, rate float64, rtt time.Duration, loss, bdps float64) (there, back *link) {
	queue := max(int(rate*rtt.Seconds()*bdps), 20000)
	make := func() *link {
		return &link{sim: sim, rate: rate, queue: queue, delay: rtt / 2, loss: loss}
	}
	return make(), make()
}
