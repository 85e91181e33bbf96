package relay

import "time"

// Observer is told what happens at a relay, for metrics. Its methods are called by
// many goroutines and must not wait. None of them tells who: no address, no
// nameplate, no room.
type Observer interface {
	// Watch is called once by New, with what counts that which is there now.
	Watch(stats func() Stats)
	// Request is called after each HTTP request. route is one of a few, and status is
	// 101 for a request that became a WebSocket; took is how long it took then.
	Request(route, method string, status int, took time.Duration)
	// Started is called when a transfer starts, as far as a relay can tell: a code
	// was tried while both peers were in its room, or two peers have met in a resume
	// room.
	Started(kind TransferKind)
	// Ended is called when the room of such a transfer ends. It was in order if both
	// peers said goodbye before they left.
	Ended(t Transfer)
	// Rejected is called for each request, join or connection that is refused.
	// reason is one of a few words: those of the room protocol, "origin", and
	// "sockets" for a TCP connection over the limits.
	Rejected(reason string)
	// Throttled is called when a peer is made to wait before it may send more.
	Throttled(wait time.Duration)
	// Told is called after each attempt to tell somebody of a stored transfer: by a mail,
	// or by calling a URL. what and result are those of package outbox.
	Told(what, result string)
}

// TransferKind says how two peers met.
type TransferKind string

// The kinds.
const (
	ByCode   TransferKind = "code"   // in the room of a code
	ByResume TransferKind = "resume" // in a resume room, after their connections broke
)

// Transfer is what a relay knows of a transfer: that of a room, whose messages it
// cannot read. A direct lane carries a transfer's bytes past the relay, and a
// handshake that fails looks like a short transfer.
type Transfer struct {
	Kind    TransferKind
	InOrder bool          // both peers said goodbye
	Bytes   int64         // that the relay passed on
	Took    time.Duration // from the start to the end of the room
}

// Stats counts what is there at one time.
type Stats struct {
	Rooms           int   // of both kinds
	MaxRooms        int   // that there can be
	Peers           int   // connected, in a room or about to join one
	RelayedBytes    int64 // payload passed on between peers since the relay started
	TURNAllocations int   // 0 without TURN
	Messages        int   // in the mailbox, of all nodes that share it; a minute old at most
	Watchers        int   // requests that wait for messages at this node
}

// Stats counts what is there now.
func (r *Relay) Stats() Stats {
	rooms, _ := r.table.size()
	r.mu.Lock()
	peers := len(r.serving)
	r.mu.Unlock()
	box := r.box.stats()
	return Stats{
		Rooms: rooms, MaxRooms: r.config.MaxRooms, Peers: peers,
		RelayedBytes: r.table.relayed.Load(), TURNAllocations: r.TURNAllocations(),
		Messages: box.Messages, Watchers: box.Watchers,
	}
}

// unobserved is an Observer that does nothing.
type unobserved struct{}

func (unobserved) Watch(func() Stats)                         {}
func (unobserved) Request(string, string, int, time.Duration) {}
func (unobserved) Started(TransferKind)                       {}
func (unobserved) Ended(Transfer)                             {}
func (unobserved) Rejected(string)                            {}
func (unobserved) Throttled(time.Duration)                    {}
func (unobserved) Told(string, string)                        {}
