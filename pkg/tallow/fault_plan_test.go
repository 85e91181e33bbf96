package tallow_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/tallow-transfer/tallow/pkg/tallow"
)

// action is what a fault does.
type action string

// Actions on one message, or on a few bytes of a stream.
const (
	drop       action = "drop"
	flipFirst  action = "flip the first byte"
	flipMiddle action = "flip a middle bit"
	flipLast   action = "flip the last bit"
	truncate   action = "truncate"
	lengthen   action = "lengthen"
	empty      action = "empty"
	replay     action = "replay"
	reorder    action = "reorder"
	inject     action = "inject"
)

// Actions on a whole connection, lane, relay or transfer.
const (
	disconnect     action = "disconnect"      // the connection or lane ends
	pause          action = "pause"           // nothing passes for a while
	stall          action = "stall"           // nothing passes any more, without an error
	away           action = "away"            // the relay closes all connections and is gone for a while
	restart        action = "restart"         // the relay restarts and has no rooms
	cancelSender   action = "cancel sender"   // the context of Send is cancelled
	cancelReceiver action = "cancel receiver" // the context of Receive is cancelled
)

var (
	messageActions    = []action{drop, flipFirst, flipMiddle, flipLast, truncate, lengthen, empty, replay, reorder, inject}
	connectionActions = []action{disconnect, disconnect, pause, away, restart}
)

// layer is what a fault acts on.
type layer string

const (
	rawBytes       layer = "bytes"         // of a TCP connection to the relay
	payloads       layer = "payload"       // that the relay forwards
	relayedRecords layer = "record"        // of a relayed lane
	directRecords  layer = "direct record" // of a direct lane
)

// fault is one thing that goes wrong, once.
type fault struct {
	layer     layer
	by        role  // the peer whose connection it is, or who writes the records
	conn      int   // number of the connection or lane in its layer, from 0
	fromRelay bool  // acts on what comes from the relay, instead of what goes to it
	at        int64 // number of the message, or offset of the first byte
	action    action
	span      time.Duration // of pause and away
}

func (f fault) String() string {
	direction := ""
	if f.fromRelay {
		direction = ", from the relay"
	}
	s := fmt.Sprintf("%s at %s %d of the %s's connection %d%s", f.action, f.layer, f.at, f.by, f.conn, direction)
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
	wait   time.Duration // PeerTimeout and ReconnectTimeout of both peers
	// recoverable: both peers have to succeed in spite of the faults.
	recoverable bool
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

// How long the peers of a run wait for each other. After some faults they cannot
// meet again, so this wait is short. If the faults are recoverable they must meet,
// and a busy machine may need a long time.
const (
	shortWait = 3 * time.Second
	longWait  = 45 * time.Second
)

// planFor returns the plan for a seed. The same seed always gives the same plan.
func planFor(seed uint64) plan {
	r := rand.New(rand.NewPCG(seed, 0x7a110))
	p := plan{
		name: fmt.Sprintf("-fault.seed=%d", seed), files: randomFiles(r),
		lanes: []tallow.Lane{tallow.LaneRelay}, wait: shortWait, recoverable: seed%4 == 0,
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
	if p.recoverable {
		p.wait, n = longWait, 1+r.IntN(3)
	}
	for i := range n {
		p.faults = append(p.faults, p.fault(r, i))
	}
	if !p.recoverable && r.IntN(5) == 0 {
		f := p.fault(r, 0)
		f.action, f.layer, f.span = []action{cancelSender, cancelReceiver}[r.IntN(2)], payloads, 0
		f.at = int64(r.IntN(12))
		p.faults = append(p.faults, f)
	}
	return p
}

// randomFiles returns the sizes of up to five files, usually about 2 MiB in all.
func randomFiles(r *rand.Rand) map[string]int {
	sizes := []int{0, 1, 100, 65_536, 300_000, 1 << 20, 1<<20 + 1}
	names := []string{"d/a", "d/b/c", "d/b/größe", "d/e", "d/z"}
	files := make(map[string]int)
	for _, name := range names[:1+r.IntN(len(names))] {
		files[name] = sizes[r.IntN(len(sizes))]
	}
	for name, n := range files {
		if len(files) < 3 {
			files[name] = n + 1<<20 // enough data for faults to act on
		}
	}
	return files
}

// fault returns fault number i of a run. Later faults may act on connections that
// earlier ones make necessary.
func (p plan) fault(r *rand.Rand, i int) fault {
	f := fault{
		layer: []layer{payloads, payloads, relayedRecords, rawBytes}[r.IntN(4)],
		by:    []role{roleSender, roleReceiver}[r.IntN(2)],
		conn:  r.IntN(i + 1), fromRelay: r.IntN(3) == 0,
	}
	if p.lanes[0] != tallow.LaneRelay && f.layer == payloads {
		f.layer = directRecords
	}
	if f.layer == relayedRecords || f.layer == directRecords {
		f.fromRelay = false
	}
	if r.IntN(3) == 0 {
		f.action = connectionActions[r.IntN(len(connectionActions))]
	} else {
		f.action = messageActions[r.IntN(len(messageActions))]
	}
	switch f.action {
	case pause:
		f.span = time.Duration(r.IntN(1500)) * time.Millisecond
	case away:
		f.span = time.Duration(r.IntN(1200)) * time.Millisecond
	}
	if !p.recoverable && r.IntN(12) == 0 && !slices.ContainsFunc(p.faults, func(o fault) bool { return o.action == stall }) {
		f.action, f.span = stall, 0
	}
	return p.placed(r, i, f)
}

// placed chooses the position of fault number i.
func (p plan) placed(r *rand.Rand, i int, f fault) fault {
	// The sender sends about 60 messages, most of them data. The receiver sends
	// fewer.
	few := []int{3, 8, 25, 70}[r.IntN(4)]
	fromSender := (f.by == roleSender) != f.fromRelay
	if !fromSender {
		few = []int{3, 8, 16}[r.IntN(3)]
	}
	f.at = int64(r.IntN(few))
	if p.recoverable {
		// Not during a handshake: the first one burns the code, and one in a resume
		// room may have to time out.
		if f.layer == rawBytes {
			f.layer = payloads
		}
		if f.layer == payloads {
			f.at += 2
		}
		if f.conn == 0 && fromSender && f.layer != directRecords {
			f.at += 6 // the last message of the handshake has certainly arrived
		}
	}
	if f.layer == rawBytes {
		f.at = r.Int64N(1 << (4 + r.IntN(18)))
		f.conn = r.IntN(i + 3) // HTTP calls have connections of their own
	}
	return f
}
