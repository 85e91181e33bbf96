package main

import "github.com/tallow-transfer/tallow/pkg/tallow"

// steering lets the person on this machine pause, resume and end a transfer, by key
// or by signal.
type steering struct {
	controls *tallow.Controls
	screen   *screen
	quit     func()
}

func (s steering) pause() {
	s.controls.Pause()
	s.screen.wish(true)
}

func (s steering) resume() {
	s.controls.Resume()
	s.screen.wish(false)
}

// press performs the action of a key. Other keys do nothing.
func (s steering) press(key byte) {
	switch key {
	case 'p', 'P':
		s.pause()
	case 'r', 'R':
		s.resume()
	case 'q', 'Q':
		s.quit()
	}
}
