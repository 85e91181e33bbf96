package rendezvous

import (
	"context"
	"errors"
	"net/textproto"
	"net/url"
	"sync"
)

// Elsewhere makes HTTP requests to servers that a relay names, such as one that has the
// bytes of stored transfers: by the proxies that the client uses, and on connections that
// are kept. The pins of the relay are not for them. It is safe for concurrent use. Close
// it at the end.
type Elsewhere struct {
	client *Client

	mu     sync.Mutex
	origin string  // scheme and host of the server that was asked last
	keeper *keeper // of connections to it; nil if there was none
}

// Elsewhere returns what makes requests to servers that the client's relay names.
func (c *Client) Elsewhere() *Elsewhere { return &Elsewhere{client: c} }

// Close closes the connections that no request uses.
func (e *Elsewhere) Close() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.keeper != nil {
		e.keeper.close()
	}
}

// Do makes a request to a URL; the path of q does not count. A relay that is reached by
// TLS can name servers with TLS alone. An answer of any status is no error. An error shows
// nothing of the URL but its host: a *ProtocolError for a URL that is refused, an
// *UnreachableError, or what Sending or Body returns.
func (e *Elsewhere) Do(ctx context.Context, text string, q HTTPRequest) (*HTTPResponse, error) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http" {
		return nil, e.client.protocolError("it names a server by no URL", nil)
	}
	if u.Scheme == "http" && !e.plain() {
		return nil, e.client.protocolError("it names a server without TLS", nil)
	}
	header := textproto.MIMEHeader{"User-Agent": {e.client.agent}}
	for name, values := range q.Header {
		header[name] = values
	}
	q.Header = header
	resp, err := e.to(u).do(ctx, u, q)
	var stopped *sendingError
	switch {
	case errors.As(err, &stopped):
		return nil, stopped.err
	case ctx.Err() != nil && err != nil:
		return nil, context.Cause(ctx)
	case err != nil:
		return nil, &UnreachableError{Relay: u.Host, Offline: isOffline(err), Err: err}
	}
	return resp, nil
}

// plain reports whether the relay itself is reached without TLS.
func (e *Elsewhere) plain() bool {
	e.client.mu.Lock()
	defer e.client.mu.Unlock()
	return e.client.base != nil && e.client.base.Scheme == "http"
}

// to returns what reaches a server.
func (e *Elsewhere) to(u *url.URL) *keeper {
	e.mu.Lock()
	defer e.mu.Unlock()
	if origin := u.Scheme + "://" + u.Host; e.keeper == nil || e.origin != origin {
		if e.keeper != nil {
			e.keeper.close()
		}
		e.origin, e.keeper = origin, newForeignKeeper(&e.client.network)
	}
	return e.keeper
}
