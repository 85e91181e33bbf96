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

// onTerminalSignals prepares the terminal for the signals that come from its keys
// and stop or end a program, until the result is called. At Ctrl-Z it calls
// suspend with a function that stops the process and returns when it goes on. At
// Ctrl-\ it calls leave before the process ends as Go programs do, with its stacks.
// Signals that whoever started the program ignores stay ignored.
func onTerminalSignals(suspend func(stop func()), leave func()) (end func()) {
	caught := make(chan os.Signal, 1)
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
				if s == syscall.SIGTSTP {
					suspend(stopProcess)
					continue
				}
				leave()
				signal.Reset(s)
				_ = syscall.Kill(os.Getpid(), syscall.SIGQUIT)
				<-done // it never comes
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
