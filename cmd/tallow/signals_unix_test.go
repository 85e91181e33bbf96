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

// Under nohup a closed terminal ends nothing.
func TestSIGHUPThatIsIgnored(t *testing.T) {
	signal.Ignore(syscall.SIGHUP)
	t.Cleanup(func() { signal.Reset(syscall.SIGPIPE, syscall.SIGHUP) })
	caught := make(chan string, 3)
	stop := onSignals(func() { caught <- "first" }, func() { caught <- "second" })
	defer stop()
	for _, s := range []syscall.Signal{syscall.SIGHUP, syscall.SIGTERM} {
		if err := syscall.Kill(syscall.Getpid(), s); err != nil {
			t.Fatal(err)
		}
	}
	select {
	case <-caught:
	case <-time.After(patience):
		t.Fatal("SIGTERM was not caught")
	}
	if len(caught) > 0 {
		t.Error("SIGHUP was caught")
	}
}
