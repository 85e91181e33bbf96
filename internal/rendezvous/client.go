package rendezvous

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/textproto"
	"net/url"
	"sync"
	"time"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// How long one step of reaching a relay may take. The caller's context may
// allow less.
const (
	dialTimeout   = 10 * time.Second // of TCP, and again of TLS
	answerTimeout = 15 * time.Second // of an HTTP answer, of the upgrade, of the welcome
)

// Options are what a client may be told beside the address.
type Options struct {
	Version  string       // of this program; the relay gets to see it
	Password string       // of the relay, if it is closed; empty for none
	Dialer   Dialer       // opens WebSockets; nil for the system's, or the browser's
	Dial     DialFunc     // opens connections below HTTP; nil for the system's. A browser has its own
	Logger   *slog.Logger // nil for silence
	// Pins are the keys of which the relay has to have one; none: the authorities that
	// this machine trusts decide. A relay that was found on this network has no TLS
	// and needs no pin.
	Pins []Pin
}

// DialFunc opens a connection to an address, HOST:PORT.
type DialFunc func(ctx context.Context, network, address string) (net.Conn, error)

// Client opens and joins rooms at one relay. It is safe for concurrent use and
// needs no closing: it keeps nothing open but the rooms.
type Client struct {
	endpoint Endpoint
	agent    string // User-Agent
	password string // of the relay
	dialer   Dialer // nil for the one of network
	log      *slog.Logger
	network  network
	pinned   bool // there are pins

	mu   sync.Mutex
	base *url.URL // the route that answered, nil before
}

// New makes a client of the relay at endpoint. Nothing is sent yet.
func New(endpoint Endpoint, options Options) *Client {
	c := &Client{
		endpoint: endpoint, agent: "tallow/" + options.Version, password: options.Password,
		dialer: options.Dialer, log: options.Logger, network: newNetwork(endpoint.direct, options.Dial),
	}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	if len(options.Pins) > 0 && !endpoint.direct {
		c.pinned = true
		c.endpoint.routes = secureRoutes(endpoint.routes)
		c.network.pin(endpoint.name, options.Pins)
	}
	return c
}

// OpenRequest says which room to open.
type OpenRequest struct {
	Nonce     [16]byte // the sender's handshake nonce; the room gives it to the receiver
	Nameplate string   // the nameplate to use, or empty to let the relay choose
	Words     int      // how many words the code has, which the room tells the receiver
}

// Open opens a room and joins it as the sender.
//
// Errors: *UnreachableError, *TLSError, *PinError, *BetweenError and *ProtocolError
// if there is no relay to talk to; *RelayError if it refuses; *LostError if it goes away meanwhile;
// the context's own error.
func (c *Client) Open(ctx context.Context, req OpenRequest) (*Room, error) {
	reply, err := tryRoutes(ctx, c, func(base *url.URL) (wire.OpenReply, error) {
		return c.postOpen(ctx, base, wire.OpenRequest{
			Nonce: req.Nonce, Nameplate: req.Nameplate, Words: req.Words, Password: c.password,
		})
	})
	if err != nil {
		return nil, err
	}
	if req.Nameplate != "" && reply.Nameplate != req.Nameplate {
		return nil, c.protocolError("it opened another room than the one asked for", nil)
	}
	return c.joinMoving(ctx, wire.RoomJoin{Role: wire.RoomSender, Nameplate: reply.Nameplate, Ticket: reply.Ticket})
}

// Join joins the room of a nameplate as the receiver. Errors are those of Open.
// The relay frees the place of a receiver that sends nothing (RoomIdle).
func (c *Client) Join(ctx context.Context, nameplate string) (*Room, error) {
	if !wire.ValidNameplate(nameplate) {
		return nil, fmt.Errorf("%q is not the number of a code: it has 1 to %d digits and does not begin with 0",
			printable(nameplate), wire.MaxNameplateDigits)
	}
	return c.joinMoving(ctx, wire.RoomJoin{Role: wire.RoomReceiver, Nameplate: nameplate})
}

// Resume joins a resume room, which exists for everyone who knows its id. peer is
// a random id that this process keeps for the room: if the relay still has an
// older connection of the same id, this one takes its place at once. Nobody can
// Burn or Withdraw in a resume room, and its nonce is zero.
//
// Errors are those of Open. RoomExpired, here or from Read, says that the other
// peer has not come for a long time.
func (c *Client) Resume(ctx context.Context, id, peer [16]byte) (*Room, error) {
	return c.joinRoom(ctx, wire.RoomJoin{Role: wire.RoomResumer, Resume: id, Peer: peer})
}

// Rejoin joins the room of old again after the connection to this client's relay
// broke. It makes a new Room; old still has to be closed. A sender, and a peer of
// a resume room, gets its place at once, even if the relay believes that the older
// connection lives; that one then ends with RoomReplaced. A receiver has to wait
// until the relay has noticed: RoomFull until then, and RoomUsed if the code is
// burnt.
//
// Errors are those of Open; RoomUnknown if the relay has lost the room.
func (c *Client) Rejoin(ctx context.Context, old *Room) (*Room, error) {
	return c.joinRoom(ctx, old.join)
}

// joinRoom joins a room by the first route on which a relay answers.
func (c *Client) joinRoom(ctx context.Context, join wire.RoomJoin) (*Room, error) {
	join.Password = c.password
	return tryRoutes(ctx, c, func(base *url.URL) (*Room, error) { return c.join(ctx, base, join) })
}

// postOpen posts a request for a room.
func (c *Client) postOpen(ctx context.Context, base *url.URL, req wire.OpenRequest) (wire.OpenReply, error) {
	answer, err := c.exchange(ctx, "POST", base.JoinPath("api/session"), req.Append(nil))
	if err != nil {
		return wire.OpenReply{}, err
	}
	if answer.status == statusCreated {
		reply, err := wire.ParseOpenReply(answer.body)
		if err != nil {
			return wire.OpenReply{}, c.protocolError("its answer makes no sense", err)
		}
		return reply, nil
	}
	refusal, err := wire.ParseRefusal(answer.body)
	if err != nil || refusal.Code == 0 {
		return wire.OpenReply{}, c.statusError(base, answer.status, answer.header)
	}
	return wire.OpenReply{}, &RelayError{
		Relay: c.endpoint.name, Code: refusal.Code, Message: printable(refusal.Message),
		Opening: true, RetryAfter: RetryAfter(answer.header),
	}
}

// statusError is the error of an HTTP answer to a request to u that no relay
// gives.
func (c *Client) statusError(u *url.URL, status int, header textproto.MIMEHeader) error {
	if status >= 300 && status < 400 {
		return c.protocolError(fmt.Sprintf("it points to %s, use that address", printable(header.Get("Location"))), nil)
	}
	if err := c.between(status); err != nil {
		return err
	}
	text := fmt.Sprintf("HTTP status %d", status)
	if proxy := c.network.proxyName(u); proxy != "" {
		text += ", through the proxy " + proxy
	}
	return c.protocolError(text, nil)
}

func (c *Client) protocolError(reason string, err error) error {
	return &ProtocolError{Relay: c.endpoint.name, Reason: reason, Err: err}
}

// dialError gives a failure to get an answer from an http or https URL its type.
func (c *Client) dialError(ctx context.Context, u *url.URL, err error) error {
	var pin *PinError
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.As(err, &pin):
		return pin
	case isTLS(err):
		return &TLSError{Relay: c.endpoint.name, Err: err}
	case errors.Is(err, wire.ErrMalformed):
		return c.protocolError("its answer makes no sense", err)
	default:
		return &UnreachableError{Relay: c.endpoint.name, Proxy: c.network.proxyName(u), Offline: isOffline(err), Err: err}
	}
}
