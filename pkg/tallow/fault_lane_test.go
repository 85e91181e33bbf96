package tallow_test

import (
	"errors"
	"sync"

	"github.com/tallow-transfer/tallow/internal/lane"
)

var errLaneDied = errors.New("a fault closed the lane")

// faultyLane is a carrier that applies faults to the records written to it.
type faultyLane struct {
	lane.Carrier
	flow  *flow
	once  sync.Once
	ended chan struct{}
}

// wrapper returns a function for Client.WrapCarrier, for one peer.
func (r *faultRun) wrapper(by role) func(uint32, lane.Carrier) lane.Carrier {
	var mu sync.Mutex
	lanes := make(map[layer]int)
	return func(id uint32, c lane.Carrier) lane.Carrier {
		kind := directRecords
		if id&0xffff == 0 {
			kind = relayedRecords
		}
		mu.Lock()
		defer mu.Unlock()
		n := lanes[kind]
		lanes[kind]++
		l := &faultyLane{Carrier: c, ended: make(chan struct{})}
		l.flow = r.flow(l.ended, r.fits(kind, by, n, false))
		return l
	}
}

func (l *faultyLane) WriteRecord(rec []byte) error {
	recs, alive := l.flow.message(rec)
	for _, r := range recs {
		if err := l.Carrier.WriteRecord(r); err != nil {
			return err
		}
	}
	if !alive {
		_ = l.Close()
		return errLaneDied
	}
	return nil
}

func (l *faultyLane) Close() error {
	l.once.Do(func() { close(l.ended) })
	return l.Carrier.Close()
}
