package relay

import (
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// Check is something without which a relay is not ready.
type Check struct {
	Name string
	// Run returns what is wrong, or nil. It is called for each request to /api/ready
	// and must not wait.
	Run func() error
}

// What /api/ready says of the relay and of each check.
const (
	statusOK      = "ok"
	statusClosing = "closing"
	statusFull    = "full"
	statusFailed  = "failed"
)

// readiness runs the checks, and logs those that begin to fail or to succeed.
type readiness struct {
	relay *Relay
	start time.Time

	mu     sync.Mutex
	failed map[string]bool
}

// serveHealth says that the process is alive.
func (r *Relay) serveHealth(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, r.health(statusOK).Append(nil))
}

// serveReady says whether rooms can be opened, for load balancers.
func (r *Relay) serveReady(w http.ResponseWriter, _ *http.Request) {
	checks, status := r.ready.run()
	health := r.health(status)
	health.Checks = checks
	code := http.StatusOK
	if status != statusOK {
		code = http.StatusServiceUnavailable
	}
	answer(w, code, health.Append(nil))
}

func (r *Relay) health(status string) wire.RelayHealth {
	rooms, _ := r.table.size()
	return wire.RelayHealth{
		Service: wire.RelayService, Status: status, Version: r.config.Version, Protocol: wire.RoomVersion,
		Rooms: rooms, MaxRooms: r.config.MaxRooms, Uptime: int64(time.Since(r.ready.start).Seconds()),
	}
}

// run returns the result of each check, and the status of the relay: of several
// problems the first. The answer is public, so it says what fails and not why; the
// log has that.
func (c *readiness) run() (checks map[string]string, status string) {
	checks = map[string]string{"rooms": c.rooms()}
	status = checks["rooms"]
	for _, check := range c.checks() {
		checks[check.Name] = statusOK
		err := check.Run()
		c.note(check.Name, err)
		if err != nil {
			checks[check.Name] = statusFailed
			if status == statusOK {
				status = statusFailed
			}
		}
	}
	return checks, status
}

// checks returns the checks of the configuration, and that of the relay's own TURN
// server if it has one.
func (c *readiness) checks() []Check {
	checks := c.relay.config.Checks
	if turn := c.relay.config.TURN; turn != nil && len(turn.URLs) == 0 {
		checks = append(checks[:len(checks):len(checks)], Check{Name: "turn", Run: c.relay.checkTURN})
	}
	return checks
}

var errNoTURN = errors.New("the TURN server does not run")

// checkTURN returns an error unless the relay's own TURN server runs.
func (r *Relay) checkTURN() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.turnServer == nil {
		return errNoTURN
	}
	return nil
}

// rooms says whether rooms can be opened.
func (c *readiness) rooms() string {
	switch rooms, open := c.relay.table.size(); {
	case !open:
		return statusClosing
	case rooms >= c.relay.config.MaxRooms:
		return statusFull
	}
	return statusOK
}

// note logs a check whose result has changed.
func (c *readiness) note(name string, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.failed[name] == (err != nil) {
		return
	}
	c.failed[name] = err != nil
	if err != nil {
		c.relay.config.Logger.Error("not ready", "check", name, "error", err)
		return
	}
	c.relay.config.Logger.Info("ready again", "check", name)
}
