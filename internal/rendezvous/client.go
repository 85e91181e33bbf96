package rendezvous

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/tallow-transfer/tallow/internal/congestion"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// How long one step of reaching a relay may take. The caller's context may
// allow less.
const (
	dialTimeout   = 10 * time.Second // of TCP, and again of TLS
	answerTimeout = 15 * time.Second // of an HTTP answer, of the upgrade, of the welcome
)

// Client opens and joins rooms at one relay. It is safe for concurrent use and
// needs no closing: nothing of it stays behind but the rooms.
type Client struct {
	endpoint Endpoint
	agent    string      // User-Agent
	tls      *tls.Config // nil: the system's roots
	proxy    func(*http.Request) (*url.URL, error)
	dialer   net.Dialer

	mu   sync.Mutex
	base *url.URL // the route that answered, nil before
}

// New gives a client of the relay at endpoint; version is this program's, which
// the relay gets to see. Nothing is sent yet.
func New(endpoint Endpoint, version string) *Client {
	c := &Client{
		endpoint: endpoint, agent: "tallow/" + version,
		proxy: http.ProxyFromEnvironment, dialer: net.Dialer{Timeout: dialTimeout, Control: congestion.Control},
	}
	if endpoint.direct {
		c.proxy = nil
	}
	return c
}

// OpenRequest says which room to open.
type OpenRequest struct {
	Nonce     [16]byte // the sender's handshake nonce; the room gives it to the receiver
	Nameplate string   // the wanted number, or empty for one of the relay's choice
}

// Open opens a room and takes the sender's seat in it.
//
// Errors: *UnreachableError, *TLSError and *ProtocolError if there is no relay
// to talk to; *RelayError if it refuses; *LostError if it goes away meanwhile;
// the context's own error.
func (c *Client) Open(ctx context.Context, req OpenRequest) (*Room, error) {
	reply, err := onRoute(ctx, c, func(base *url.URL) (wire.SessionReply, error) {
		return c.openSession(ctx, base, wire.SessionRequest(req))
	})
	if err != nil {
		return nil, err
	}
	if req.Nameplate != "" && reply.Nameplate != req.Nameplate {
		return nil, c.protocolError("it opened another room than the one asked for", nil)
	}
	return c.take(ctx, wire.RoomSeat{Nameplate: reply.Nameplate, Ticket: &reply.Ticket})
}

// Join takes the receiver's seat in the room of a nameplate. Errors are those
// of Open.
func (c *Client) Join(ctx context.Context, nameplate string) (*Room, error) {
	if !wire.ValidNameplate(nameplate) {
		return nil, fmt.Errorf("%q is not the number of a code: it has 1 to %d digits and does not begin with 0",
			printable(nameplate), wire.MaxNameplateDigits)
	}
	return c.take(ctx, wire.RoomSeat{Nameplate: nameplate})
}

// Resume takes one of the two seats in a resume room, which is there for whoever
// knows its id. peer is a random name that this process keeps for the room: a
// seat that the relay still holds for an older connection of the same name is
// taken over at once. Nobody can Burn or Withdraw there, and the nonce is zero.
//
// Errors are those of Open. RoomExpired, here or from Read, says that the other
// peer has not come for a long time.
func (c *Client) Resume(ctx context.Context, id, peer [16]byte) (*Room, error) {
	return c.take(ctx, wire.RoomSeat{Resume: &id, Peer: &peer})
}

// Retake takes the seat of old again, after the connection to this client's
// relay broke; it makes a new Room, and old is still to be closed. The seat of
// one who opened the room or resumed in it is taken over at once, even if the
// relay believes that the older connection lives; that one then ends with
// RoomReplaced. One who joined has to wait until the relay has missed it:
// RoomFull until then, and RoomUsed if the code is burnt.
//
// Errors are those of Open; RoomUnknown if the relay has lost the room.
func (c *Client) Retake(ctx context.Context, old *Room) (*Room, error) {
	return c.take(ctx, old.seat)
}

// take takes a seat.
func (c *Client) take(ctx context.Context, seat wire.RoomSeat) (*Room, error) {
	return onRoute(ctx, c, func(base *url.URL) (*Room, error) { return c.sit(ctx, base, seat) })
}

// openSession posts a request for a room.
func (c *Client) openSession(ctx context.Context, base *url.URL, req wire.SessionRequest) (wire.SessionReply, error) {
	status, header, body, err := c.exchange(ctx, http.MethodPost, base.JoinPath("api/session"), req.Append(nil))
	if err != nil {
		return wire.SessionReply{}, err
	}
	if status == http.StatusCreated {
		reply, err := wire.ParseSessionReply(body)
		if err != nil {
			return wire.SessionReply{}, c.protocolError("its answer makes no sense", err)
		}
		return reply, nil
	}
	refusal, err := wire.ParseSessionError(body)
	if err != nil || refusal.Code == 0 {
		return wire.SessionReply{}, c.statusError(status, header)
	}
	return wire.SessionReply{}, &RelayError{
		Relay: c.endpoint.name, Code: refusal.Code, Message: printable(refusal.Message),
		Opening: true, RetryAfter: retryAfter(header),
	}
}

// statusError is an HTTP answer that no relay gives.
func (c *Client) statusError(status int, header http.Header) error {
	if status >= 300 && status < 400 {
		return c.protocolError(fmt.Sprintf("it points to %s, use that address", printable(header.Get("Location"))), nil)
	}
	return c.protocolError(fmt.Sprintf("HTTP status %d", status), nil)
}

func (c *Client) protocolError(reason string, err error) error {
	return &ProtocolError{Relay: c.endpoint.name, Reason: reason, Err: err}
}

// dialError gives a failure to get an answer its type.
func (c *Client) dialError(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case isTLS(err):
		return &TLSError{Relay: c.endpoint.name, Err: err}
	case errors.Is(err, wire.ErrMalformed):
		return c.protocolError("its answer makes no sense", err)
	default:
		return &UnreachableError{Relay: c.endpoint.name, Err: err}
	}
}
