package tallow

import "github.com/tallow-transfer/tallow/internal/transfer"

// Controls steer one transfer while it runs, from any goroutine. The zero value
// is of use: it goes into the options of one Send or Receive. What is done
// before that transfer runs takes effect when it does. (The end of a transfer's
// context cancels it.)
type Controls struct{ pause transfer.Pause }

// Pause holds the data back until Resume; the peer is told. What is under
// way still arrives.
func (c *Controls) Pause() { c.pause.Set(true) }

// Resume lets data flow again, unless the peer holds it back too.
func (c *Controls) Resume() { c.pause.Set(false) }

// Paused says whether data is held back, by either side.
func (c *Controls) Paused() bool { return c.pause.Paused() }
