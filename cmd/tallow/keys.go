package main

import (
	"os"
	"sync"
)

// keyboard hears single keys, from the moment that there is progress to see until
// it is closed, but not while a question is open or the program is stopped. A nil
// keyboard hears nothing.
type keyboard struct {
	in     *os.File // a terminal
	mode   *terminalMode
	press  func(key byte) // called with each key; must not call the keyboard
	gained func()         // called when the terminal is this program's to read, at first and again; may be nil

	mu      sync.Mutex
	begun   bool
	asking  bool
	stopped bool
	closed  bool
	stop    func() // ends what listens; nil if nothing does
}

// begin is called when there is something to see.
func (k *keyboard) begin() { k.change(func() { k.begun = true }) }

// pause leaves the terminal to a question, until resume.
func (k *keyboard) pause() { k.change(func() { k.asking = true }) }

func (k *keyboard) resume() { k.change(func() { k.asking = false }) }

// suspend leaves the terminal to the shell, until proceed.
func (k *keyboard) suspend() { k.change(func() { k.stopped = true }) }

func (k *keyboard) proceed() { k.change(func() { k.stopped = false }) }

// close leaves the terminal as it was.
func (k *keyboard) close() { k.change(func() { k.closed = true }) }

func (k *keyboard) change(f func()) {
	if k == nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	f()
	listens := k.begun && !k.asking && !k.stopped && !k.closed
	switch {
	case listens && k.stop == nil:
		k.stop = listen(k)
	case !listens && k.stop != nil:
		k.stop()
		k.stop = nil
	}
}
