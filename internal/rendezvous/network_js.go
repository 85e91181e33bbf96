package rendezvous

import (
	"context"
	"net/http"
	"net/url"
)

// network is how a client reaches the network: by the browser's fetch and its
// WebSockets.
type network struct{}

func newNetwork(bool) network { return network{} }

// webSockets returns the dialer of the browser's WebSockets.
func (*network) webSockets() (Dialer, error) { return webSocketDialer{}, nil }

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
