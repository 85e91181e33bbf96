package link

import (
	"cmp"
	"context"
	"errors"

	"github.com/tallow-transfer/tallow/internal/code"
	"github.com/tallow-transfer/tallow/internal/rendezvous"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// LocalNetwork is the network of this machine: a sender without a relay serves
// one itself, and a receiver finds it there.
type LocalNetwork interface {
	// Serve runs a relay in this process until it is closed. The error is a
	// *ListenError.
	Serve(ctx context.Context) (LocalRelay, error)
	// Join joins the room of a nameplate at the sender that announces it. Errors:
	// *NotFoundError, and those of rendezvous.Client.Join.
	Join(ctx context.Context, nameplate string) (*rendezvous.Room, error)
	// Find finds the relay of that sender and joins no room. Errors:
	// *NotFoundError, and those of rendezvous.First.
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
	name      string // as a person named it; empty for the sender's own relay
	nameplate string
	endpoint  rendezvous.Endpoint // unless the relay is another machine's on this network
}

// named is the relay of that name. An empty name is the sender's own relay on
// this network.
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

// locations are where the room of a code may be, in the order in which they are
// tried: at the relay that the code names, else at the configured one, else on
// this network. The sender may not use the relay that the receiver has
// configured, so this network comes after it as well.
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

// joinRoom joins the room of a code at the first location that knows it. If none
// does, the error is that of the first one.
func (c Config) joinRoom(ctx context.Context, k code.Code) (*rendezvous.Room, location, error) {
	all, err := c.locations(k)
	if err != nil {
		return nil, location{}, err
	}
	var first error
	for _, at := range all {
		room, err := at.join(ctx)
		if err == nil {
			return room, at, nil
		}
		if first == nil {
			first = err
		}
		var refused *rendezvous.RelayError
		if !errors.As(err, &refused) || refused.Code != wire.RoomUnknown {
			break
		}
	}
	return nil, location{}, first
}

// join joins the room of the nameplate.
func (at location) join(ctx context.Context) (*rendezvous.Room, error) {
	if at.isLocal() {
		return at.config.Local.Join(ctx, at.nameplate)
	}
	return rendezvous.New(at.endpoint, at.config.relayOptions()).Join(ctx, at.nameplate)
}

// resume joins a resume room as the process with a name.
func (at location) resume(ctx context.Context, room, process [16]byte) (*rendezvous.Room, error) {
	endpoint := at.endpoint
	if at.isLocal() {
		var err error
		if endpoint, err = at.config.Local.Find(ctx, at.nameplate); err != nil {
			return nil, err
		}
	}
	return rendezvous.New(endpoint, at.config.relayOptions()).Resume(ctx, room, process)
}

// relayOptions are those of a relay's client.
func (c Config) relayOptions() rendezvous.Options {
	return rendezvous.Options{Version: c.Version, Dialer: c.RoomDialer, Logger: c.Logger}
}

// isLocal says whether the relay is that of another machine on this network,
// whose address is found anew each time.
func (at location) isLocal() bool { return at.endpoint.IsZero() }
