package descriptors

import (
	"context"
	"errors"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

func TestBudget(t *testing.T) {
	if b := (Budget{}); b.Levels() != 32 || b.Roots() != 32 || b.Partials() != 128 || b.Parents() != 64 {
		t.Errorf("without a limit: %d, %d, %d, %d", b.Levels(), b.Roots(), b.Partials(), b.Parents())
	}
	for _, limit := range []uint64{0, 8, 40, 64, 128, 256, 512, 1023} {
		b := Of(limit)
		if b.Levels() < 1 || b.Roots() < 1 || b.Partials() < 1 || b.Parents() < 0 {
			t.Errorf("limit %d: %d, %d, %d, %d", limit, b.Levels(), b.Roots(), b.Partials(), b.Parents())
		}
		sender, receiver := 2*b.Levels()+2*b.Roots(), b.Partials()+2*b.Parents()
		if left := max(int(limit)-forSockets, 8); sender > left || receiver > left {
			t.Errorf("limit %d: the sender keeps %d, the receiver %d of %d", limit, sender, receiver, left)
		}
	}
}

func TestWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		free := time.Now().Add(10 * time.Second)
		got, err := Open(t.Context(), func() (string, error) {
			if time.Now().Before(free) {
				return "", &os.PathError{Op: "open", Path: "f", Err: syscall.EMFILE}
			}
			return "opened", nil
		})
		if got != "opened" || err != nil {
			t.Errorf("%q, %v", got, err)
		}
	})
}

func TestWaitEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		if err := Wait(t.Context(), func() error { return syscall.ENFILE }); !IsShort(err) {
			t.Errorf("%v", err)
		}
		if took := time.Since(begun); took < patience {
			t.Errorf("after %v", took)
		}
		begun = time.Now()
		if err := Wait(t.Context(), func() error { return os.ErrNotExist }); err != os.ErrNotExist || time.Since(begun) != 0 {
			t.Errorf("%v after %v", err, time.Since(begun))
		}
	})
}

// Who gives up waits no longer; what can be had at once is had even then.
func TestWaitEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		why := errors.New("a person ended it")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(3*time.Second, func() { cancel(why) })
		begun := time.Now()
		if err := Wait(ctx, func() error { return syscall.EMFILE }); err != why || time.Since(begun) != 3*time.Second {
			t.Errorf("%v after %v", err, time.Since(begun))
		}
		begun = time.Now()
		calls := 0
		if err := Wait(ctx, func() error { calls++; return syscall.EMFILE }); err != why || calls != 1 || time.Since(begun) != 0 {
			t.Errorf("afterwards: %v after %v and %d calls", err, time.Since(begun), calls)
		}
		if got, err := Open(ctx, func() (int, error) { return 7, nil }); got != 7 || err != nil {
			t.Errorf("afterwards, with one left: %v, %v", got, err)
		}
	})
}
