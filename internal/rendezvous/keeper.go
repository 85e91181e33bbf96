//go:build !js

package rendezvous

import (
	"context"
	"io"
	"net/http"
	"net/textproto"
	"net/url"
	"sync"
	"time"
)

// A relay answers a part of a stored transfer once it is on its disk, which may take
// longer than other answers.
const storedTimeout = time.Minute

// keeper keeps connections to a relay, or to another server. HTTP/2 is not asked for: several connections
// carry more on a path that loses packets.
type keeper struct {
	network *network
	foreign bool // it is not the relay, whose pins say nothing of it

	mu        sync.Mutex
	transport *http.Transport // nil before the first request
}

func newKeeper(n *network) keeper { return keeper{network: n} }

// newForeignKeeper returns a keeper of connections to another server than the relay.
func newForeignKeeper(n *network) *keeper { return &keeper{network: n, foreign: true} }

// to returns what reaches u. It is the same relay every time, and so the same proxy.
func (k *keeper) to(u *url.URL) (*http.Transport, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.transport != nil {
		return k.transport, nil
	}
	proxy, dial, err := k.network.proxyFor(u)
	if err != nil {
		return nil, err
	}
	security := k.network.relayTLS()
	if k.foreign {
		security = k.network.tls
	}
	k.transport = &http.Transport{
		Proxy:                  http.ProxyURL(proxy),
		DialContext:            dial,
		TLSClientConfig:        security,
		TLSHandshakeTimeout:    dialTimeout,
		ResponseHeaderTimeout:  storedTimeout,
		MaxIdleConnsPerHost:    16,
		IdleConnTimeout:        30 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
		DisableCompression:     true,
	}
	return k.transport, nil
}

func (k *keeper) do(ctx context.Context, u *url.URL, q HTTPRequest) (*HTTPResponse, error) {
	transport, err := k.to(u)
	if err != nil {
		return nil, err
	}
	var body io.Reader
	size := int64(0)
	if q.Body != nil {
		size = q.Body.Size()
		body = &pacedBody{ctx: ctx, r: q.Body, rest: size, sending: q.Sending, piece: q.Piece}
	}
	req, err := http.NewRequestWithContext(ctx, q.Method, u.String(), body)
	if err != nil {
		return nil, err
	}
	req.ContentLength = size
	req.Header = http.Header(q.Header)
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	return &HTTPResponse{Status: resp.StatusCode, Header: textproto.MIMEHeader(resp.Header), Body: resp.Body}, nil
}

func (k *keeper) close() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.transport != nil {
		k.transport.CloseIdleConnections()
	}
}

// pacedBody is a body of which Sending is told.
type pacedBody struct {
	ctx     context.Context // of the request
	r       io.Reader
	rest    int64
	sending func(ctx context.Context, n int) error
	piece   int
}

// Read reads a piece.
func (b *pacedBody) Read(p []byte) (int, error) {
	if b.rest == 0 {
		return 0, io.EOF
	}
	if b.piece > 0 && len(p) > b.piece {
		p = p[:b.piece]
	}
	p = p[:min(int64(len(p)), b.rest)]
	if b.sending != nil {
		if err := b.sending(b.ctx, len(p)); err != nil {
			return 0, &sendingError{err}
		}
	}
	n, err := io.ReadFull(b.r, p)
	b.rest -= int64(n)
	if err != nil {
		return n, &sendingError{err}
	}
	return n, nil
}
