package rendezvous

import (
	"context"
	"errors"
	"io"
	"net/textproto"
	"net/url"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// Requests makes the HTTP requests that concern no room, such as those of stored
// transfers: as the Client does by proxies, pins and routes, but on connections that
// are kept for the next request. It is safe for concurrent use. Close it at the end.
type Requests struct {
	client *Client
	keeper keeper
}

// Requests returns what makes requests to the client's relay.
func (c *Client) Requests() *Requests { return &Requests{client: c, keeper: newKeeper(&c.network)} }

// Close closes the connections that no request uses.
func (r *Requests) Close() { r.keeper.close() }

// Relay returns the relay's address as it was given.
func (r *Requests) Relay() string { return r.client.endpoint.name }

// Password returns the relay's password, for the requests that have to name it; empty for
// none.
func (r *Requests) Password() string { return r.client.password }

// HTTPRequest is a request to a path of a relay.
type HTTPRequest struct {
	Method string
	Path   string // below the relay's address, without a slash before it
	Header textproto.MIMEHeader
	Body   Body // nil: there is none
	// Sending, if it is set, is called before n more bytes of the body are sent, and may
	// wait. In a browser it is called with 0 before the first are sent, and then with those
	// that were.
	Sending func(ctx context.Context, n int) error
	// Piece is how many bytes of the body are sent between two calls of Sending at most; 0:
	// as many as there is room for.
	Piece int
}

// Body is the body of a request, which is read once. *bytes.Reader and *io.SectionReader
// are such.
type Body interface {
	io.Reader
	Size() int64 // in bytes, from its beginning
}

// HTTPResponse is the answer to it. Its body has to be closed, and bounded.
type HTTPResponse struct {
	Status int
	Header textproto.MIMEHeader
	Body   io.ReadCloser
}

// Do makes a request. An answer of any status is no error. Errors are those of
// Client.Open without *RelayError and *LostError; one of Sending or Body comes as it is.
func (r *Requests) Do(ctx context.Context, q HTTPRequest) (*HTTPResponse, error) {
	base, err := r.base(ctx)
	if err != nil {
		return nil, err
	}
	header := textproto.MIMEHeader{"User-Agent": {r.client.agent}}
	for name, values := range q.Header {
		header[name] = values
	}
	q.Header = header
	u := base.JoinPath(q.Path)
	resp, err := r.keeper.do(ctx, u, q)
	var stopped *sendingError
	switch {
	case errors.As(err, &stopped):
		return nil, stopped.err
	case err != nil:
		return nil, r.client.dialError(ctx, u, err)
	}
	return resp, nil
}

// base returns the route on which a relay answers.
func (r *Requests) base(ctx context.Context) (*url.URL, error) {
	c := r.client
	c.mu.Lock()
	base := c.base
	c.mu.Unlock()
	if base != nil {
		return base, nil
	}
	return tryRoutes(ctx, c, func(base *url.URL) (*url.URL, error) {
		if err := c.probe(ctx, base); err != nil {
			return nil, err
		}
		return base, nil
	})
}

// Address returns the http or https URL by which the relay is reached, without a slash
// at its end. Errors are those of Do.
func (r *Requests) Address(ctx context.Context) (string, error) {
	base, err := r.base(ctx)
	if err != nil {
		return "", err
	}
	return base.String(), nil
}

// Refused returns the error of an answer that is not the one that was expected: a
// *RelayError if the relay refuses as it does rooms, else a *BetweenError or a
// *ProtocolError. body may be cut off.
func (r *Requests) Refused(status int, header textproto.MIMEHeader, body []byte) error {
	c := r.client
	if refusal, err := wire.ParseRefusal(body); err == nil && refusal.Code != 0 {
		return &RelayError{
			Relay: c.endpoint.name, Code: refusal.Code, Message: printable(refusal.Message),
			Opening: true, RetryAfter: RetryAfter(header),
		}
	}
	c.mu.Lock()
	base := c.base
	c.mu.Unlock()
	if base == nil {
		base = &url.URL{}
	}
	return c.statusError(base, status, header)
}

// Nonsense returns the error of an answer that a relay does not give.
func (r *Requests) Nonsense(reason string, err error) error {
	return r.client.protocolError(reason, err)
}

// Broken returns the error of an answer that broke off.
func (r *Requests) Broken(err error) error {
	return &UnreachableError{Relay: r.client.endpoint.name, Offline: isOffline(err), Err: err}
}

// Printable removes from a relay's text what could control a terminal.
func Printable(s string) string { return printable(s) }

// sendingError is an error of HTTPRequest.Sending, or of its Body.
type sendingError struct{ err error }

func (e *sendingError) Error() string { return e.err.Error() }
