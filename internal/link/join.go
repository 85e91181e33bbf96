//go:build !js

package link

import (
	"context"
	"time"

	"github.com/tallow-transfer/tallow/internal/growth"
	"github.com/tallow-transfer/tallow/internal/session"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// Beside tcp lanes a long-haul lane starts in standby. It joins them unless they are so
// fast that it would cost more of the machine than it brings.
const (
	joinEvery   = 100 * time.Millisecond
	joinMeasure = 500 * time.Millisecond // over which the tcp lanes are measured
)

// joinWhenUseful ends the standby of a lane as soon as the lanes beside it carry too
// little. It returns when that is so, or when the lane is dead.
func (l *Link) joinWhenUseful(ctx context.Context, beside *session.Lane) {
	tick := time.NewTicker(joinEvery)
	defer tick.Stop()
	began, start := time.Now(), l.Delivered()
	for {
		select {
		case <-tick.C:
		case <-beside.Done():
			return
		case <-ctx.Done():
			return
		}
		delivered := l.Delivered()
		if !l.carries(wire.LaneTCP) || delivered == start {
			began, start = time.Now(), delivered // nothing to compare with yet
			continue
		}
		took := time.Since(began)
		if took < joinMeasure {
			continue
		}
		if float64(delivered-start) < growth.Sufficient*took.Seconds() {
			beside.SetStandby(false)
			return
		}
		began, start = time.Now(), delivered
	}
}
