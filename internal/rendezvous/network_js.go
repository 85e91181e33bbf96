package rendezvous

import (
	"context"
	"errors"
	"net/http"
	"net/url"
)

// errNoDialer is the error of a client without Options.Dialer.
var errNoDialer = errors.New("a browser has no sockets: the client needs a Dialer")

// network is how a client reaches the network: by the browser's fetch, and by the
// WebSockets of Options.Dialer.
type network struct{}

func newNetwork(bool) network { return network{} }

// webSockets has no dialer to return.
func (*network) webSockets() (Dialer, error) { return nil, errNoDialer }

// transport returns a transport that uses fetch.
func (*network) transport(*url.URL) (http.RoundTripper, error) { return &http.Transport{}, nil }

// pin does nothing: the browser decides which relays it trusts. Who makes a client
// for it refuses pins.
func (*network) pin(string, []Pin) {}

// isOffline reports false: a browser does not tell.
func isOffline(error) bool { return false }

// proxyName returns "": a browser does not tell.
func (*network) proxyName(*url.URL) string { return "" }

// resolvesLocally reports false: a browser does not tell what a name stands for.
func (*network) resolvesLocally(context.Context, string) bool { return false }
