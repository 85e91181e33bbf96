package main

import "github.com/tallow-transfer/tallow/pkg/tallow"

// steering is how the person here holds a transfer back, lets it go on and ends
// it, by key or by signal.
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

// press does what a key stands for. Those that stand for nothing do nothing.
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
