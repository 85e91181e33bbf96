package tallow

import (
	"net/netip"
	"time"

	"github.com/tallow-transfer/tallow/pkg/files"
)

// Event is something that happened in a transfer: one of the types below. Events
// come one at a time and in order, from goroutines of the transfer, which wait
// until OnEvent returns.
type Event interface{ event() }

// CodeEvent is the code of a Send for the peer, before anything else but the
// state. It comes again if the code changes: the relay was restarted, and
// another sender has its nameplate.
type CodeEvent struct {
	Code      string // with "@HOST" if the receiver needs to know the relay
	Nameplate string
	Relay     string // as it was configured; empty if the relay is in this process
	LocalOnly bool   // only machines on this network can join
	Link      string // opens the code in a browser; empty unless SendOptions.FindPage found a page
}

// PeerEvent says that the peer has proved that it knows the code.
type PeerEvent struct{}

// VerifyEvent has words that are the same for both peers unless there is an
// attacker in the middle. It comes only if Verify is set here or at the peer.
type VerifyEvent struct{ Words []string }

// OfferEvent says what is sent.
type OfferEvent struct{ Offer }

// LaneEvent says that lanes of a kind begin or stop carrying data.
type LaneEvent struct {
	Lane   Lane
	Up     bool
	Reason LaneReason // why they carry; empty if they stop
	// Address is that of the peer at the other end, if the lane is direct and that is
	// known; else the zero Addr.
	Address netip.Addr
}

// ProgressEvent comes at most ten times a second.
type ProgressEvent struct {
	Bytes    int64   // verified and written, or there already
	There    int64   // of Bytes, those that were there already
	Received int64   // Bytes, and what has arrived and is not verified yet; it shrinks where a lane dies
	Total    int64   // of the offer; may be less than Bytes if a stream is sent
	Files    int64   // in place
	Rate     float64 // received bytes a second, over the last seconds

	// Underway are the first files that have begun and are not in place yet, at most
	// 8. A file of up to 1 MiB is never among them.
	Underway []FileProgress
}

// FileProgress is how far one file is.
type FileProgress struct {
	Path  string // as it was sent
	Bytes int64  // verified and written, or there already
	Size  int64  // 0 for a stream
}

// StateEvent says that the transfer is in another state.
type StateEvent struct {
	State State
	// Reason is set when the peer's disk is full and this side waits for it to come
	// back. It may contain text of the peer.
	Reason string
}

// StallEvent says that there has been no progress for a while, and why.
type StallEvent struct {
	Reason  StallReason
	Attempt int // with StallReconnecting and StallStoreAway: the number of the next attempt
}

// FileEvent says that a file is verified and in place.
type FileEvent struct {
	Path   string // relative, with "/"; for the receiver, the path in the destination
	Name   string // the path as it was sent
	Taken  string // for the receiver, the path that the file would have if that were not taken; else empty
	Bytes  int64
	BLAKE3 string // of the whole file, in hexadecimal
}

// RenameEvent says, in a Receive, that a folder or a symlink got another name because
// its own is taken. What is in the folder goes there too. A FileEvent tells this of a
// file. In a Send it says that one of SendOptions.Paths is sent under another name,
// because one before it has the same.
type RenameEvent struct {
	Path  string // in the destination, with "/"; in a Send the name under which it is sent
	Name  string // the path as it was sent; in a Send as it was given
	Taken string // the path in the destination that it would have; empty in a Send
}

// SkipEvent says that an entry was skipped or failed, or was left out.
type SkipEvent struct {
	Path    string
	Reason  string
	LeftOut bool // on purpose, as the options of the Send say; this is no failure
	Kept    bool // what is there was kept, as the options of the Receive say; this is no failure
}

// WrittenEvent says, at the end of an Encrypt, that the file is complete and in place.
type WrittenEvent struct {
	Path  string // on this machine
	Bytes int64
}

// LeftoverEvent says, at the end of a Receive, that an earlier one was interrupted
// in the same folder and left something. A transfer of the same names takes it up;
// it can also be deleted.
type LeftoverEvent struct {
	Path  string    // the hidden folder
	Bytes int64     // that its files take on the disk
	Last  time.Time // when it was last written to
}

// EndEvent is the last event of every Send and Receive. It has their results.
type EndEvent struct {
	State  State // StateCompleted, StateFailed or StateCancelled
	Result Result
	Err    error // an *Error, or nil
}

func (CodeEvent) event()     {}
func (PeerEvent) event()     {}
func (VerifyEvent) event()   {}
func (OfferEvent) event()    {}
func (LaneEvent) event()     {}
func (ProgressEvent) event() {}
func (StateEvent) event()    {}
func (StallEvent) event()    {}
func (FileEvent) event()     {}
func (RenameEvent) event()   {}
func (SkipEvent) event()     {}
func (LeftoverEvent) event() {}
func (WrittenEvent) event()  {}
func (EndEvent) event()      {}

// Offer is what the sender proposes.
type Offer struct {
	Text  bool     // a short text to be shown, not a file to be kept
	Known bool     // Files and Bytes are exact; else a stream is among the files
	Files int64    // regular files
	Bytes int64    // of all files
	Names []string // of the paths that were sent, at most 100; not checked as file names

	// Resuming says that what an interrupted Receive of the same things left in
	// the output is taken up. It is false on the sender's side.
	Resuming bool

	// Peer is what is known of the sender, in a Receive.
	Peer Peer

	// Entries are the first of what is sent, in the order in which it is sent, as far as
	// that is known when a Receive asks whether to accept it; their paths are not checked.
	// Whole says that there are no others. They are empty on the sender's side, and if
	// there is no ReceiveOptions.Accept.
	Entries []files.Entry
	Whole   bool
	// Free is how many bytes this user can still write to the disk of the output, likewise.
	// FreeKnown says that it is known.
	Free      int64
	FreeKnown bool
}

// Result is the result of a transfer.
type Result struct {
	Files   int64          // in place
	Bytes   int64          // of those files
	Skipped int64          // entries that were skipped or failed on either side
	LeftOut int64          // entries that the sender left out on purpose; they are no failures
	Kept    int64          // entries that the receiver had already and kept, as it was told to; they are no failures
	Corrupt int64          // of those skipped, files whose data failed verification; Receive only
	Sent    int64          // payload bytes that were actually transferred
	Lanes   map[Lane]int64 // Sent, by the lane that carried it
	Elapsed time.Duration  // since the offer was accepted
	Peer    Peer           // what is known of the other side

	// Root is a hash over Files, in hexadecimal, the same on both sides: of one file its
	// BLAKE3, of several that of docs/protocol.md, section 10, in which each file counts
	// with its path, as it was sent, and its content. It is empty if Files is 0.
	Root string

	// Invited says, in a Send, that the peer was sent SendOptions.Invitation. In a Receive,
	// Invitation is what the sender has sent as that.
	Invited    bool
	Invitation []byte

	Text   string // what was sent, where the offer is a text
	Folder string // of a Receive to this machine's disk: where the files are, as Output named it
}
