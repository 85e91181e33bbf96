package tallow

import "github.com/tallow-transfer/tallow/internal/transfer"

// Controls pause and resume one transfer while it runs, from any goroutine. The
// zero value is ready to use in the options of one Send or Receive. Calls before
// the transfer runs take effect when it does. To cancel a transfer, cancel its
// context.
type Controls struct{ pause transfer.Pause }

// Pause stops sending data until Resume, and tells the peer. Data that is already
// in flight still arrives.
func (c *Controls) Pause() { c.pause.Set(true) }

// Resume lets data flow again, unless the peer has paused too.
func (c *Controls) Resume() { c.pause.Set(false) }

// Paused reports whether the transfer is paused, by either peer.
func (c *Controls) Paused() bool { return c.pause.Paused() }
