package tallow_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/tallow-transfer/tallow/pkg/tallow"
)

// deed is what a fault does to a message, or to a few bytes, on its way.
type deed string

// Those that a message suffers.
const (
	drop       deed = "drop"
	flipFirst  deed = "flip the first byte"
	flipMiddle deed = "flip a middle bit"
	flipLast   deed = "flip the last bit"
	truncate   deed = "truncate"
	lengthen   deed = "lengthen"
	empty      deed = "empty"
	replay     deed = "replay"
	reorder    deed = "reorder"
	inject     deed = "inject"
)

// Those that more than a message suffers.
const (
	die            deed = "die"             // the connection or lane ends
	pause          deed = "pause"           // nothing passes for a while
	stall          deed = "stall"           // nothing passes any more, and nobody is told
	away           deed = "away"            // the relay hangs up on everybody and is gone for a while
	restart        deed = "restart"         // the relay has forgotten its rooms
	cancelSender   deed = "cancel sender"   // a person interrupts it
	cancelReceiver deed = "cancel receiver" // a person interrupts it
)

var (
	tampers = []deed{drop, flipFirst, flipMiddle, flipLast, truncate, lengthen, empty, replay, reorder, inject}
	breaks  = []deed{die, die, pause, away, restart}
)

// layer is what a fault counts, and acts on.
type layer string

const (
	bytesOf  layer = "bytes"         // of a TCP connection to the relay
	payloads layer = "payload"       // that the relay passes on
	records  layer = "record"        // of a relayed lane
	directs  layer = "direct record" // of a direct lane
)

// fault is one thing that goes wrong, once.
type fault struct {
	layer layer
	by    from // whose connection it is, and who writes the records
	conn  int  // its number of its layer, from 0: in a code's room, then in resume rooms
	back  bool // on the way from the relay
	at    int64
	deed  deed
	span  time.Duration // of pause and away
}

func (f fault) String() string {
	way := ""
	if f.back {
		way = ", on the way back"
	}
	s := fmt.Sprintf("%s at %s %d of the %s's connection %d%s", f.deed, f.layer, f.at, f.by, f.conn, way)
	if f.span > 0 {
		s += fmt.Sprintf(", for %v", f.span)
	}
	return s
}

// plan is one run: what is sent, by which lanes, and what goes wrong.
type plan struct {
	name   string
	files  map[string]int // sizes
	lanes  []tallow.Lane
	faults []fault
	wait   time.Duration // of both sides, for each other
	// mild: all that goes wrong can be overcome, so both sides have to succeed.
	mild bool
}

func (p plan) String() string {
	lines := []string{fmt.Sprintf("%s: by %v, files %v", p.name, p.lanes, p.files)}
	for _, f := range p.faults {
		lines = append(lines, "  planned: "+f.String())
	}
	return strings.Join(lines, "\n")
}

func (p plan) total() (n int64) {
	for _, size := range p.files {
		n += int64(size)
	}
	return n
}

// How long a run's sides wait for each other: where there is no way back, the
// run waits in vain as long; where there must be one, a busy machine may need it.
const (
	shortWait = 3 * time.Second
	longWait  = 45 * time.Second
)

// planOf is the plan that a seed stands for.
func planOf(seed uint64) plan {
	r := rand.New(rand.NewPCG(seed, 0x7a110))
	p := plan{
		name: fmt.Sprintf("-fault.seed=%d", seed), files: payloadOf(r),
		lanes: []tallow.Lane{tallow.LaneRelay}, wait: shortWait, mild: seed%4 == 0,
	}
	switch seed % 20 {
	case 5:
		p.lanes = []tallow.Lane{tallow.LaneWebRTC}
	case 15:
		p.lanes = []tallow.Lane{tallow.LaneTCP}
	case 6:
		p.lanes = tallow.AllLanes()
	}
	n := 1 + r.IntN(4)
	if p.mild {
		p.wait, n = longWait, 1+r.IntN(3)
	}
	for i := range n {
		p.faults = append(p.faults, p.fault(r, i))
	}
	if !p.mild && r.IntN(5) == 0 {
		f := p.fault(r, 0)
		f.deed, f.layer, f.span = []deed{cancelSender, cancelReceiver}[r.IntN(2)], payloads, 0
		f.at = int64(r.IntN(12))
		p.faults = append(p.faults, f)
	}
	return p
}

// payloadOf is up to five files, of some 2 MiB together as a rule.
func payloadOf(r *rand.Rand) map[string]int {
	sizes := []int{0, 1, 100, 65_536, 300_000, 1 << 20, 1<<20 + 1}
	names := []string{"d/a", "d/b/c", "d/b/größe", "d/e", "d/z"}
	files := make(map[string]int)
	for _, name := range names[:1+r.IntN(len(names))] {
		files[name] = sizes[r.IntN(len(sizes))]
	}
	for name, n := range files {
		if len(files) < 3 {
			files[name] = n + 1<<20 // enough that something is under way
		}
	}
	return files
}

// fault makes up fault number i of a run: the later ones are also in the
// connections that the earlier ones make necessary.
func (p plan) fault(r *rand.Rand, i int) fault {
	f := fault{
		layer: []layer{payloads, payloads, records, bytesOf}[r.IntN(4)],
		by:    []from{theSender, theReceiver}[r.IntN(2)],
		conn:  r.IntN(i + 1), back: r.IntN(3) == 0,
	}
	if p.lanes[0] != tallow.LaneRelay && f.layer == payloads {
		f.layer = directs
	}
	if f.layer == records || f.layer == directs {
		f.back = false
	}
	if r.IntN(3) == 0 {
		f.deed = breaks[r.IntN(len(breaks))]
	} else {
		f.deed = tampers[r.IntN(len(tampers))]
	}
	switch f.deed {
	case pause:
		f.span = time.Duration(r.IntN(1500)) * time.Millisecond
	case away:
		f.span = time.Duration(r.IntN(1200)) * time.Millisecond
	}
	if !p.mild && r.IntN(12) == 0 && !slices.ContainsFunc(p.faults, func(o fault) bool { return o.deed == stall }) {
		f.deed, f.span = stall, 0
	}
	return p.placed(r, i, f)
}

// placed chooses where fault number i strikes.
func (p plan) placed(r *rand.Rand, i int, f fault) fault {
	// Of the sender's some 60 messages most are data; the receiver says less.
	few := []int{3, 8, 25, 70}[r.IntN(4)]
	fromSender := (f.by == theSender) != f.back
	if !fromSender {
		few = []int{3, 8, 16}[r.IntN(3)]
	}
	f.at = int64(r.IntN(few))
	if p.mild {
		// Not in a handshake: the first one uses the code up, and one in a resume
		// room may have to time out.
		if f.layer == bytesOf {
			f.layer = payloads
		}
		if f.layer == payloads {
			f.at += 2
		}
		if f.conn == 0 && fromSender && f.layer != directs {
			f.at += 6 // the last word of the handshake has arrived for sure
		}
	}
	if f.layer == bytesOf {
		f.at = r.Int64N(1 << (4 + r.IntN(18)))
		f.conn = r.IntN(i + 3) // HTTP has some of its own
	}
	return f
}
