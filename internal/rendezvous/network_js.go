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
func (*network) transport() http.RoundTripper { return &http.Transport{} }

// isOffline reports false: a browser does not tell.
func isOffline(error) bool { return false }

// proxyName returns "": a browser does not tell.
func (*network) proxyName(*url.URL) string { return "" }

// resolvesLocally reports false: a browser does not tell what a name stands for.
func (*network) resolvesLocally(context.Context, string) bool { return false }
