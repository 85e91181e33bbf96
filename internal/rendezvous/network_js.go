package rendezvous

import (
	"context"
	"net/http"
)

// network is how a client reaches the network: by the browser's fetch, and by the
// WebSockets of Options.Dialer.
type network struct{}

func newNetwork(bool) network { return network{} }

// webSockets has no dialer to return.
func (*network) webSockets() (Dialer, error) { return nil, errNoDialer }

// transport returns a transport that uses fetch.
func (*network) transport() http.RoundTripper { return &http.Transport{} }

// resolvesLocally reports false: a browser does not tell what a name stands for.
func (*network) resolvesLocally(context.Context, string) bool { return false }
