package rendezvous

import (
	"context"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// TURN are the TURN servers of a relay, and a credential for them.
type TURN struct {
	Servers            []TURNServer
	Username, Password string
	Expires            time.Time // no allocation can be made with the credential after it
}

// TURNServer is a TURN server at "HOST:PORT".
type TURNServer struct {
	Transport wire.TURNTransport
	Address   string
}

// turnAsker asks for a credential, and keeps it.
type turnAsker struct {
	offered bool               // the relay has TURN servers
	asking  chan struct{}      // lets one goroutine ask at a time
	answers chan wire.RoomTURN // the newest one, from Read

	// Owned by the goroutine that asks.
	latest TURN
	renew  time.Time // from then on latest is not used again
}

func newTURNAsker() turnAsker {
	return turnAsker{asking: make(chan struct{}, 1), answers: make(chan wire.RoomTURN, 1)}
}

// TURN returns the relay's TURN servers with a credential that is new enough to be
// used. It has no servers if the relay has none that count. TURN waits for the
// answer, which comes while another goroutine Reads. A context that ends in the
// middle of the request ends the room, like that of Send.
func (r *Room) TURN(ctx context.Context) (TURN, error) {
	if !r.turn.offered {
		return TURN{}, nil
	}
	select {
	case r.turn.asking <- struct{}{}:
		defer func() { <-r.turn.asking }()
	case <-r.done:
		return TURN{}, r.err
	case <-ctx.Done():
		return TURN{}, context.Cause(ctx)
	}
	if time.Now().Before(r.turn.renew) {
		return r.turn.latest, nil
	}
	asked := time.Now()
	if err := r.write(ctx, wire.RoomAskTURNKind, nil); err != nil {
		return TURN{}, err
	}
	select {
	case answer := <-r.turn.answers:
		r.turn.latest = r.usableTURN(answer, asked)
		r.turn.renew = asked.Add(answer.Lifetime / 2)
		return r.turn.latest, nil
	case <-r.done:
		return TURN{}, r.err
	case <-ctx.Done():
		return TURN{}, context.Cause(ctx)
	}
}

// takeTURN takes an answer for the goroutine that asks. Only the newest one counts.
func (r *Room) takeTURN(frame []byte) error {
	answer, err := wire.ParseRoomTURN(frame)
	if err != nil {
		return r.protocolError("TURN servers that make no sense", err)
	}
	select {
	case <-r.turn.answers:
	default:
	}
	r.turn.answers <- answer // only Read's caller sends
	return nil
}

// usableTURN returns what counts of an answer.
func (r *Room) usableTURN(answer wire.RoomTURN, asked time.Time) TURN {
	t := TURN{Username: answer.Username, Password: answer.Password, Expires: asked.Add(answer.Lifetime)}
	if t.Username == "" || t.Password == "" {
		return TURN{}
	}
	for _, s := range answer.Servers {
		if address := turnAddress(s.Address, r.base); address != "" {
			t.Servers = append(t.Servers, TURNServer{s.Transport, address})
		}
	}
	return t
}

// turnAddress returns the "HOST:PORT" of a TURN server that a relay names, or "" if
// it does not count. The rule is that of stunAddress. In addition the host may have
// a name below the relay's, which the same person decides about.
func turnAddress(said string, base *url.URL) string {
	host, port, err := net.SplitHostPort(said)
	if err != nil || !isBelow(host, base.Hostname()) {
		return stunAddress(said, base)
	}
	if stunAddress(":"+port, base) == "" {
		return ""
	}
	return net.JoinHostPort(host, port)
}

// isBelow reports whether a name is below another one in the DNS.
func isBelow(name, parent string) bool {
	parent = strings.TrimSuffix(parent, ".")
	if net.ParseIP(parent) != nil || !strings.Contains(parent, ".") {
		return false
	}
	name = strings.TrimSuffix(name, ".")
	label, found := strings.CutSuffix(strings.ToLower(name), "."+strings.ToLower(parent))
	return found && label != "" && strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-.") == ""
}
