//go:build unix

package main

import (
	"os/signal"
	"syscall"
	"testing"
	"time"
)

func TestSignals(t *testing.T) {
	t.Cleanup(func() { signal.Reset(syscall.SIGPIPE) })
	caught := make(chan string, 3)
	stop := onSignals(func() { caught <- "first" }, func() { caught <- "second" })
	for _, want := range []string{"first", "second"} {
		if err := syscall.Kill(syscall.Getpid(), syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		select {
		case got := <-caught:
			if got != want {
				t.Errorf("%s, want %s", got, want)
			}
		case <-time.After(patience):
			t.Fatalf("no %s", want)
		}
	}
	stop()
	if len(caught) > 0 {
		t.Errorf("and then %s", <-caught)
	}
}

func TestSignalsThatDoNotCome(t *testing.T) {
	t.Cleanup(func() { signal.Reset(syscall.SIGPIPE) })
	stop := onSignals(func() { t.Error("first") }, func() { t.Error("second") })
	stop() // returns: nothing is left waiting
}
