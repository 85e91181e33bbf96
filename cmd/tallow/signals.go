package main

import (
	"os"
	"os/signal"
	"sync"
	"syscall"
)

// onSignals calls first at the first Ctrl-C, SIGTERM or SIGHUP and second at the
// next one, until the result is called. A SIGHUP that is ignored, as nohup has it,
// stays so. Writes to a pipe that nobody reads become errors like any other: the
// transfer ends in order instead of being killed.
func onSignals(first, second func()) (stop func()) {
	signal.Ignore(syscall.SIGPIPE)
	caught := make(chan os.Signal, 2)
	signal.Notify(caught, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) {
		signal.Notify(caught, syscall.SIGHUP)
	}
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for _, act := range []func(){first, second} {
			select {
			case <-caught:
				act()
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
