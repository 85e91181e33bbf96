package webrtc

import (
	"context"
	"errors"
	"fmt"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// Options are the parameters of Dial.
type Options struct {
	Configuration
	Offer   bool               // this peer makes the offer; the other one answers
	Send    SendSignal         // to the peer
	Signals <-chan wire.Signal // from the peer, for this lane
	// PathFound is called when there is a path to the peer, while the data channel is
	// still set up. It must not block. The connection is of no use any more if Dial
	// fails afterwards. It is not called for every connection, and may be nil.
	PathFound func(*Conn)
	// New makes the connection. nil selects pion, which a browser does not have.
	New func(c Configuration) (PeerConnection, error)
}

// SendSignal sends the peer one of a lane's signals.
type SendSignal func(ctx context.Context, kind wire.SignalKind, body string) error

// Errors of Dial besides those of its Options.
var (
	errNoPath = errors.New("no direct path was found (ICE failed)")
	errGone   = errors.New("the peer is gone")
)

// Dial connects a data channel to the peer. It returns when the channel is open,
// and fails when ICE fails or ctx ends.
func Dial(ctx context.Context, o Options) (*Conn, error) {
	if o.New == nil {
		o.New = newPion
	}
	connection, err := o.New(o.Configuration)
	if err != nil {
		return nil, fmt.Errorf("start WebRTC: %w", err)
	}
	n := &negotiation{connection: connection, options: o}
	if p, ok := connection.(interface{ PathFound() <-chan struct{} }); ok && o.PathFound != nil {
		n.pathFound = p.PathFound()
	}
	if err := n.run(ctx); err != nil {
		_ = connection.Close()
		return nil, err
	}
	return newConn(connection), nil
}

// negotiation is the exchange of descriptions and candidates by signals: RFC 8829
// with trickled candidates (RFC 8838).
type negotiation struct {
	connection PeerConnection
	options    Options
	pathFound  <-chan struct{} // nil once that was told, or if it never is
	described  bool            // the peer's description is set
	early      []Candidate     // that came before it
}

// run returns when the data channel is open.
func (n *negotiation) run(ctx context.Context) error {
	if n.options.Offer {
		if err := n.describe(ctx, wire.SignalOffer, n.connection.CreateOffer); err != nil {
			return err
		}
	}
	for {
		select {
		case err := <-n.connection.Opened():
			return err
		case <-n.connection.Failed():
			return errNoPath
		case <-ctx.Done():
			return ctx.Err()
		case <-n.pathFound:
			n.pathFound = nil
			n.options.PathFound(newConn(n.connection))
		case c := <-n.connection.Candidates():
			if n.options.RelayOnly {
				var relayed bool
				if c, relayed = c.withoutAddresses(); !relayed {
					continue
				}
			}
			body, err := c.format()
			if err != nil {
				return err
			}
			if err := n.options.Send(ctx, wire.SignalCandidate, body); err != nil {
				return err
			}
		case s, ok := <-n.options.Signals:
			if !ok {
				return errGone
			}
			if err := n.handle(ctx, s); err != nil {
				return err
			}
		}
	}
}

// describe creates the local description and sends it to the peer.
func (n *negotiation) describe(ctx context.Context, kind wire.SignalKind, create func(context.Context) (string, error)) error {
	sdp, err := create(ctx)
	if err != nil {
		return fmt.Errorf("describe the connection: %w", err)
	}
	if n.options.RelayOnly {
		sdp = withoutAddresses(sdp)
	}
	return n.options.Send(ctx, kind, sdp)
}

// handle processes one signal of the peer.
func (n *negotiation) handle(ctx context.Context, s wire.Signal) error {
	switch {
	case s.Kind == wire.SignalFailed:
		return fmt.Errorf("the peer gave this lane up: %s", s.Body)
	case s.Kind == wire.SignalCandidate:
		c, err := parseCandidate(s.Body)
		if err != nil {
			return err
		}
		n.addCandidate(ctx, c)
		return nil
	case s.Kind == wire.SignalAnswer && n.options.Offer:
		return n.setRemote(ctx, s.Body, n.connection.SetAnswer)
	case s.Kind == wire.SignalOffer && !n.options.Offer:
		if err := n.setRemote(ctx, s.Body, n.connection.SetOffer); err != nil {
			return err
		}
		return n.describe(ctx, wire.SignalAnswer, n.connection.CreateAnswer)
	}
	return fmt.Errorf("%w: an unexpected session description", wire.ErrMalformed)
}

// setRemote sets the peer's description, and adds the candidates that it came
// after.
func (n *negotiation) setRemote(ctx context.Context, sdp string, set func(context.Context, string) error) error {
	if err := set(ctx, sdp); err != nil {
		return fmt.Errorf("use the peer's description: %w", err)
	}
	n.described = true
	for _, c := range n.early {
		n.addCandidate(ctx, c)
	}
	n.early = nil
	return nil
}

// addCandidate adds a candidate of the peer, or keeps it until there is a
// description. A candidate that is of no use here is ignored.
func (n *negotiation) addCandidate(ctx context.Context, c Candidate) {
	switch {
	case n.described:
		_ = n.connection.AddCandidate(ctx, c)
	case len(n.early) < maxCandidates:
		n.early = append(n.early, c)
	}
}
