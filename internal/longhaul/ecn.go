package longhaul

// The ECN bits of an IP header (RFC 3168, section 5). A network that marks what it
// would soon have to drop says so by them.
const (
	ecnCapable = 2 // ECT(0): the packet may be marked
	ecnMarked  = 3 // CE: it was
)

// ecnCounts is how many packets have arrived with these bits.
type ecnCounts struct{ capable, marked uint64 }

// add counts a packet by its ECN bits.
func (c *ecnCounts) add(ecn byte) {
	switch ecn {
	case ecnCapable:
		c.capable++
	case ecnMarked:
		c.marked++
	}
}

// total returns how many packets were sent capable and have arrived.
func (c ecnCounts) total() uint64 { return c.capable + c.marked }

// Some networks drop all capable packets, or mark all. It is one if so many are lost, or if
// so many probes in turn get no answer, before a capable packet has arrived, or if the
// first ones that arrive are all marked.
const (
	maxUnseen     = 10
	maxUnanswered = 2
	firstPackets  = 10
)

// ecnSender decides whether packets are sent as ECN-capable, and checks what the peer
// reports of them (RFC 9000, section 13.4.2). A network that clears or changes the bits
// would hide congestion. Where that is seen nothing is sent as capable any more.
type ecnSender struct {
	peer     bool // reports marks
	failed   bool
	sent     uint64 // packets
	arrived  bool   // at least one of them
	unseen   int    // lost before one arrived
	tested   bool   // the first ones have arrived
	reported ecnCounts
}

// use says whether packets are to be sent as capable.
func (e *ecnSender) use() bool { return e.peer && !e.failed }

// onLost notes that a capable packet is lost.
func (e *ecnSender) onLost() {
	if e.unseen++; !e.arrived && e.unseen >= maxUnseen {
		e.failed = true
	}
}

// onProbe notes that nothing is heard of what was sent, and that so many probes in turn
// are sent because of that.
func (e *ecnSender) onProbe(probes int) {
	if e.sent > 0 && !e.arrived && probes >= maxUnanswered {
		e.failed = true
	}
}

// onAck takes what an ACK reports, and how many capable packets it is the first to
// acknowledge. news says that it is the newest so far; others may have been overtaken.
// It returns how many packets were marked since the last one.
func (e *ecnSender) onAck(f frame, acked uint64, news bool) (marked uint64) {
	e.arrived = e.arrived || acked > 0
	if !news || !e.use() || e.sent == 0 {
		return 0
	}
	before, now := e.reported, f.ecn
	if now.capable < before.capable || now.marked < before.marked ||
		now.total() < before.total()+acked || now.total() > e.sent {
		e.failed = true
		return 0
	}
	if !e.tested && now.total() >= firstPackets {
		e.tested, e.failed = true, now.capable == 0
	}
	e.reported = now
	return now.marked - before.marked
}
