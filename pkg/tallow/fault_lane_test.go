package tallow_test

import (
	"errors"
	"sync"

	"github.com/tallow-transfer/tallow/internal/lane"
)

var errLaneDied = errors.New("the lane died of a fault")

// faultyLane is a carrier to which faults happen as it is written to.
type faultyLane struct {
	lane.Carrier
	flow  *flow
	once  sync.Once
	ended chan struct{}
}

// tamper is for Client.Tamper, on one side.
func (r *faultRun) tamper(by from) func(uint32, lane.Carrier) lane.Carrier {
	var mu sync.Mutex
	lanes := make(map[layer]int)
	return func(id uint32, c lane.Carrier) lane.Carrier {
		kind := directs
		if id&0xffff == 0 {
			kind = records
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
