//go:build unix

package main

import (
	"os"
	"os/signal"
	"sync"
	"syscall"
)

// onPauseSignals calls pause at every SIGUSR1 and resume at every SIGUSR2, until
// the result is called.
func onPauseSignals(pause, resume func()) (stop func()) {
	caught := make(chan os.Signal, 8) // in the order in which they come
	signal.Notify(caught, syscall.SIGUSR1, syscall.SIGUSR2)
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			select {
			case s := <-caught:
				if s == syscall.SIGUSR1 {
					pause()
				} else {
					resume()
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
