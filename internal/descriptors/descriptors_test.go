package descriptors

import (
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
		sender, receiver := 2*b.Levels()+b.Roots(), b.Partials()+2*b.Parents()
		if left := max(int(limit)-forSockets, 8); sender > left || receiver > left {
			t.Errorf("limit %d: the sender keeps %d, the receiver %d of %d", limit, sender, receiver, left)
		}
	}
}

func TestWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		free := time.Now().Add(10 * time.Second)
		got, err := Open(func() (string, error) {
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
		if err := Wait(func() error { return syscall.ENFILE }); !IsShort(err) {
			t.Errorf("%v", err)
		}
		if took := time.Since(begun); took < patience {
			t.Errorf("after %v", took)
		}
		begun = time.Now()
		if err := Wait(func() error { return os.ErrNotExist }); err != os.ErrNotExist || time.Since(begun) != 0 {
			t.Errorf("%v after %v", err, time.Since(begun))
		}
	})
}
