//go:build unix

package main

import (
	"errors"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// listen calls k.press with the keys that are typed at the terminal, until stop,
// which leaves the terminal as it was. Where it cannot be done there are no keys.
func listen(k *keyboard) (stop func()) {
	woken, wake, err := os.Pipe()
	if err != nil {
		return func() {}
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		defer k.mode.restore() // also if press panics
		k.hear(descriptor(k.in), descriptor(woken))
	})
	return func() {
		_ = wake.Close()
		wg.Wait()
		_ = woken.Close()
	}
}

// How often a program checks whether the terminal is its own: with the terminal,
// which it loses only by being stopped, and without, since a shell that puts it in
// the foreground says nothing if it runs already.
const (
	checkForeground = time.Second
	checkBackground = 200 * time.Millisecond
)

// hear reads keys until woken can be read. What comes at once in more than one
// byte is no key of ours but a function key or something pasted.
func (k *keyboard) hear(terminal, woken int) {
	if max(terminal, woken) >= unix.FD_SETSIZE {
		return
	}
	buf := make([]byte, 64)
	had := false
	for {
		var ready unix.FdSet
		ready.Set(woken)
		has, wait := foreground(terminal), checkBackground
		if has {
			wait = checkForeground
			k.mode.single(terminal)
			ready.Set(terminal)
			if !had && k.gained != nil {
				k.gained()
			}
		}
		had = has
		timeout := unix.NsecToTimeval(int64(wait))
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
			k.press(buf[0])
		}
	}
}

// foreground says whether the terminal is this program's to read and to set: a
// shell may have put the program in the background.
func foreground(terminal int) bool {
	group, err := unix.IoctlGetInt(terminal, unix.TIOCGPGRP)
	return err != nil || group == unix.Getpgrp() // err: it is not the one that controls this program
}
