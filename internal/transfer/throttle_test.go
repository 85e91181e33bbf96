package transfer_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tallow-transfer/tallow/internal/transfer"
)

func TestThrottle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var progress transfer.Progress
		var pause transfer.Pause
		throttle := transfer.NewThrottle(1<<20, &progress, &pause)
		began := time.Now()
		for range 64 {
			if err := throttle.Wait(t.Context(), 64<<10); err != nil {
				t.Fatal(err)
			}
		}
		exact(t, "4 MiB", time.Since(began), 4*time.Second)
		if got := progress.Limit.Load(); got != 1<<20 {
			t.Errorf("the limit is %d", got)
		}
	})
}

func TestThrottlePauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var progress transfer.Progress
		var pause transfer.Pause
		throttle := transfer.NewThrottle(0, &progress, &pause)
		ctx, cancel := context.WithCancelCause(t.Context())
		var seen []bool
		go throttle.Follow(ctx, func(paused bool) { seen = append(seen, paused) })
		pause.Set(true)
		synctest.Wait()
		time.AfterFunc(time.Minute, func() { pause.Set(false) })
		began := time.Now()
		if err := throttle.Wait(ctx, 1<<30); err != nil || time.Since(began) != time.Minute {
			t.Errorf("it took %v, %v", time.Since(began), err)
		}
		synctest.Wait()
		pause.Set(true)
		synctest.Wait()
		if len(seen) != 3 || !seen[0] || seen[1] || !seen[2] {
			t.Errorf("pauses seen: %v", seen)
		}
		cause := errors.New("stopped")
		time.AfterFunc(time.Second, func() { cancel(cause) })
		if err := throttle.Wait(ctx, 1); !errors.Is(err, cause) {
			t.Errorf("the error is %v", err)
		}
		synctest.Wait()
	})
}
