//go:build unix

package main

import (
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
)

// settle bounds the time until a signal that this process sends itself has an
// effect.
const settle = 50 * time.Millisecond

// terminalSignals are what to do at signals that come from a terminal.
type terminalSignals struct {
	resized func()            // its size has changed
	suspend func(stop func()) // Ctrl-Z; stop stops the process and returns when it goes on
	leave   func()            // Ctrl-\, before the process ends as Go programs do, with its stacks
}

// handle does it until the result is called. Signals that whoever started the
// program ignores stay ignored.
func (t terminalSignals) handle() (end func()) {
	caught := make(chan os.Signal, 4)
	signal.Notify(caught, syscall.SIGWINCH)
	for _, s := range []os.Signal{syscall.SIGTSTP, syscall.SIGQUIT} {
		if !signal.Ignored(s) {
			signal.Notify(caught, s)
		}
	}
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			select {
			case s := <-caught:
				switch s {
				case syscall.SIGWINCH:
					t.resized()
				case syscall.SIGTSTP:
					t.suspend(stopProcess)
				default:
					t.leave()
					signal.Reset(s)
					_ = syscall.Kill(os.Getpid(), syscall.SIGQUIT)
					<-done // it never comes
				}
			case <-done:
				return
			}
		}
	})
	return func() {
		signal.Stop(caught)
		close(done)
		wg.Wait()
	}
}

// stopProcess stops the process as Ctrl-Z does and returns when it goes on. The
// signal is SIGTTIN, because Go's runtime keeps the handler of a signal that was
// caught once, SIGTSTP here, and then ignores it. Unlike SIGSTOP, it stops nothing
// where no shell could put the process in the foreground again.
func stopProcess() {
	goesOn := make(chan os.Signal, 1)
	signal.Notify(goesOn, syscall.SIGCONT)
	defer signal.Stop(goesOn)
	if syscall.Kill(os.Getpid(), syscall.SIGTTIN) != nil {
		return
	}
	select {
	case <-goesOn:
	case <-time.After(settle): // it cannot be stopped
	}
}
