package relay

import (
	"time"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// Peers that are alive say something every few seconds, since their lanes send
// heartbeats. A room whose code is burnt, and which nobody uses, would hold its
// nameplate and two connections for ever. So would a full resume room. Both end when
// nothing was said for a while: for between one and two times SilentTimeout.
//
// A room whose code is not burnt ends when its time is over, and one peer alone in a
// resume room has a time of its own.

// watchSilence begins to watch for silence. The table is locked.
func (r *room) watchSilence() {
	if r.over || r.silence != nil {
		return
	}
	r.silence = time.AfterFunc(r.table.silentTimeout, r.checkSilence)
}

func (r *room) checkSilence() {
	r.table.mu.Lock()
	defer r.table.mu.Unlock()
	switch {
	case r.over:
	case !r.heard.Swap(false) && (r.full() || !r.resumes()):
		r.end(wire.RoomIdle)
	default:
		r.silence.Reset(r.table.silentTimeout)
	}
}

func (r *room) stopSilence() {
	if r.silence != nil {
		r.silence.Stop()
	}
}
