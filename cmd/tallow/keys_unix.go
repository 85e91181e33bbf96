//go:build unix

package main

import (
	"errors"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// listen calls press with the keys that are typed at a terminal, until stop,
// which leaves the terminal as it was. Where it cannot be done there are no keys.
func listen(in *os.File, mode *terminalMode, press func(key byte)) (stop func()) {
	woken, wake, err := os.Pipe()
	if err != nil {
		return func() {}
	}
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() { guard(mode, done) })
	wg.Go(func() {
		defer mode.restore() // also if press panics
		hear(int(in.Fd()), int(woken.Fd()), mode, press)
	})
	return func() {
		close(done)
		_ = wake.Close()
		wg.Wait()
		_ = woken.Close()
	}
}

// look is how often a program that has lost the terminal to another one, or to
// the shell, looks whether it has it back.
const look = time.Second

// hear reads keys until woken can be read. What comes at once in more than one
// byte is no key of ours but a function key or something pasted.
func hear(terminal, woken int, mode *terminalMode, press func(key byte)) {
	if max(terminal, woken) >= unix.FD_SETSIZE {
		return
	}
	buf := make([]byte, 64)
	for {
		var ready unix.FdSet
		ready.Set(woken)
		if foreground(terminal) {
			mode.single(terminal)
			ready.Set(terminal)
		}
		timeout := unix.NsecToTimeval(int64(look))
		_, err := unix.Select(max(terminal, woken)+1, &ready, nil, nil, &timeout)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil || ready.IsSet(woken):
			return
		case !ready.IsSet(terminal) || !foreground(terminal):
			continue // to read from the background would stop the program
		}
		n, err := unix.Read(terminal, buf)
		switch {
		case errors.Is(err, unix.EINTR), errors.Is(err, unix.EAGAIN):
		case err != nil || n == 0:
			return // the terminal is gone
		case n == 1:
			press(buf[0])
		}
	}
}

// foreground says whether the terminal is this program's to read and to set: a
// shell may have put the program in the background.
func foreground(terminal int) bool {
	group, err := unix.IoctlGetInt(terminal, unix.TIOCGPGRP)
	return err != nil || group == unix.Getpgrp() // err: it is not the one that controls this program
}

// settle is how long a signal to oneself may take.
const settle = 50 * time.Millisecond

// guard puts the terminal back before a signal stops or ends the program in its
// usual way, until done is closed.
func guard(mode *terminalMode, done <-chan struct{}) {
	caught := make(chan os.Signal, 1)
	for _, s := range []os.Signal{syscall.SIGTSTP, syscall.SIGHUP, syscall.SIGQUIT} {
		if !signal.Ignored(s) {
			signal.Notify(caught, s)
		}
	}
	defer signal.Stop(caught)
	for {
		select {
		case s := <-caught:
			mode.leave()
			signal.Reset(s)
			_ = syscall.Kill(os.Getpid(), s.(syscall.Signal))
			select {
			case <-time.After(settle): // it was stopped, and goes on
			case <-done:
				return
			}
			signal.Notify(caught, s)
			mode.enter()
		case <-done:
			return
		}
	}
}
