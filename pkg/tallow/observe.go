package tallow

import (
	"context"
	"encoding/hex"
	"net/netip"

	"github.com/tallow-transfer/tallow/internal/link"
	"github.com/tallow-transfer/tallow/internal/transfer"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// transferSession makes a link a transfer.Session.
type transferSession struct{ *link.Link }

// Attached returns the lanes one by one as they come up.
func (s transferSession) Attached(ctx context.Context) (transfer.Lane, error) {
	next, err := s.NextLane(ctx)
	if err != nil {
		return nil, err
	}
	return next, nil
}

// linkEvents turns the calls of a link into events. It implements
// link.HandshakeObserver and link.Observer; see also meetingEvents.
type linkEvents struct{ run *transferRun }

func (e linkEvents) PeerJoined() { e.run.changeState(transfer.EventPeerJoined, "") }
func (e linkEvents) PeerLeft()   { e.run.changeState(transfer.EventPeerLeft, "") }

func (e linkEvents) LaneUp(kind wire.Lanes, why link.LaneReason, at netip.Addr) {
	e.run.laneUp(LaneEvent{Lane: laneName(kind), Up: true, Reason: LaneReason(why), Address: at})
}

// LaneDown tells it, unless the transfer is over and the peer was quicker to leave.
func (e linkEvents) LaneDown(kind wire.Lanes) {
	if !e.run.progress.InPlace.Load() {
		e.run.tell(LaneEvent{Lane: laneName(kind)})
	}
}

// Disconnected tells it, with the same exception.
func (e linkEvents) Disconnected() {
	if !e.run.progress.InPlace.Load() {
		e.run.changeState(transfer.EventConnectionLost, "")
	}
}

func (e linkEvents) Reconnecting(attempt int) {
	e.run.tell(StallEvent{Reason: StallReconnecting, Attempt: attempt})
}

func (e linkEvents) Reconnected() {
	e.run.changeState(transfer.EventPeerAuthenticated, "")
	if e.run.pause.Paused() {
		e.run.changeState(transfer.EventPaused, "")
	}
}

// transferEvents turns the calls of a transfer into events. It implements
// transfer.Observer.
type transferEvents struct{ run *transferRun }

func (e transferEvents) FileDone(f transfer.Placed) {
	e.run.tell(FileEvent{Path: f.Path, Name: f.Name, Taken: f.Taken, Bytes: f.Bytes, BLAKE3: hex.EncodeToString(f.Hash[:])})
}

func (e transferEvents) FileFailed(path string, _ wire.Outcome, reason string) {
	e.run.tell(SkipEvent{Path: path, Reason: reason})
}

func (e transferEvents) LeftOut(path, reason string) {
	e.run.tell(SkipEvent{Path: path, Reason: reason, LeftOut: true})
}

func (e transferEvents) Kept(path, reason string) {
	e.run.tell(SkipEvent{Path: path, Reason: reason, Kept: true})
}

func (e transferEvents) PauseChanged(paused bool) {
	if paused {
		e.run.changeState(transfer.EventPaused, "")
	} else {
		e.run.changeState(transfer.EventResumed, "")
	}
}

func (e transferEvents) Stalled(reason transfer.StallReason) {
	e.run.tell(StallEvent{Reason: StallReason(reason)})
}
