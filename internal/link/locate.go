package link

import (
	"cmp"
	"context"

	"github.com/tallow-transfer/tallow/internal/code"
	"github.com/tallow-transfer/tallow/internal/rendezvous"
)

// LocalNetwork is the network of this machine. A sender without a configured
// relay serves one on it, and a receiver finds it there.
type LocalNetwork interface {
	// Serve runs a relay in this process until it is closed. The error is a
	// *ListenError.
	Serve(ctx context.Context) (LocalRelay, error)
	// Join looks for the sender that announces a nameplate until ctx ends, and joins
	// its room. Errors: *NotFoundError if no sender did before the deadline of ctx;
	// *SenderUnreachableError if it announces itself and cannot be reached;
	// *rendezvous.RelayError; ctx's cause.
	Join(ctx context.Context, nameplate string) (*rendezvous.Room, error)
	// Find looks for the relay of that sender for a few seconds without joining a
	// room. Errors: *NotFoundError, and those of rendezvous.First.
	Find(ctx context.Context, nameplate string) (rendezvous.Endpoint, error)
}

// LocalRelay is a relay in this process.
type LocalRelay interface {
	Endpoint() rendezvous.Endpoint
	// Announce makes the room of a nameplate known on the network until Close.
	Announce(ctx context.Context, nameplate string) error
	Close() error
}

// location is where the relay of a code is.
type location struct {
	config    Config
	name      string // as the user wrote it; empty for the sender's own relay
	nameplate string
	endpoint  rendezvous.Endpoint // zero if the relay is to be found on this network
}

// named returns the location of the relay with a name. An empty name stands for
// the sender's own relay on this network.
func (c Config) named(name, nameplate string) (location, error) {
	at := location{config: c, name: name, nameplate: nameplate}
	if name == "" {
		if c.Local == nil {
			return location{}, ErrNoRelay
		}
		return at, nil
	}
	var err error
	if at.endpoint, err = rendezvous.ParseRelay(name); err != nil {
		return location{}, &RelayNameError{Name: name, Err: err}
	}
	return at, nil
}

// locations returns where the room of a code may be, in the order in which they
// are tried: the relay that the code names, else the configured one, else this
// network. A sender need not use the relay that the receiver has configured, so
// this network also comes second after a configured relay.
func (c Config) locations(k code.Code) ([]location, error) {
	at, err := c.named(cmp.Or(k.Relay, c.Relay), k.Nameplate)
	if err != nil {
		return nil, err
	}
	all := []location{at}
	if k.Relay == "" && c.Relay != "" && c.Local != nil {
		all = append(all, location{config: c, nameplate: k.Nameplate})
	}
	return all, nil
}

// join joins the room of the nameplate.
func (at location) join(ctx context.Context) (*rendezvous.Room, error) {
	if at.isLocal() {
		return at.config.Local.Join(ctx, at.nameplate)
	}
	return rendezvous.New(at.endpoint, at.relayOptions()).Join(ctx, at.nameplate)
}

// resume joins a resume room. The process ID tells the relay which of a peer's
// processes this is.
func (at location) resume(ctx context.Context, room, process [16]byte) (*rendezvous.Room, error) {
	endpoint := at.endpoint
	if at.isLocal() {
		var err error
		if endpoint, err = at.config.Local.Find(ctx, at.nameplate); err != nil {
			return nil, err
		}
	}
	return rendezvous.New(endpoint, at.relayOptions()).Resume(ctx, room, process)
}

// relayOptions returns the options for a client of the location's relay. Only the
// configured relay gets the password: whoever makes a code chooses the relay that
// the code names, and could collect passwords there.
func (at location) relayOptions() rendezvous.Options {
	c := at.config
	options := rendezvous.Options{Version: c.Version, Dialer: c.RoomDialer, Logger: c.Logger, Pins: c.RelayPins}
	if configured, err := rendezvous.ParseRelay(c.Relay); err == nil && configured.Covers(at.endpoint) {
		options.Password = c.RelayPassword
	}
	return options
}

// isLocal reports whether the relay is on this network, so that its address has
// to be found each time.
func (at location) isLocal() bool { return at.endpoint.IsZero() }
