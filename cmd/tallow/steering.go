package main

import "github.com/tallow-transfer/tallow/pkg/tallow"

// steering lets the person on this machine pause, resume and end transfers, by key
// or by signal.
type steering struct {
	controls []*tallow.Controls
	screen   *screen
	quit     func()
}

func (s steering) pause() {
	for _, c := range s.controls {
		c.Pause()
	}
	s.screen.wish(true)
}

func (s steering) resume() {
	for _, c := range s.controls {
		c.Resume()
	}
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
