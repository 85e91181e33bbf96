//go:build !js

package rendezvous

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/textproto"
	"net/url"
	"slices"
	"syscall"

	"github.com/tallow-transfer/tallow/internal/congestion"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// network is how a client reaches the network: by the system's sockets.
type network struct {
	tls    *tls.Config // nil: the system's roots
	relay  *tls.Config // of the relay itself, if it is pinned; else nil, and tls counts
	proxy  func(*http.Request) (*url.URL, error)
	dialer net.Dialer
	opens  DialFunc // connections; nil: dialer does
}

// newNetwork makes a network, without a proxy if direct is set. dial opens connections; nil
// for the system's.
func newNetwork(direct bool, dial DialFunc) network {
	n := network{
		proxy:  proxyFromEnvironment(),
		dialer: net.Dialer{Timeout: dialTimeout, Control: congestion.Control},
		opens:  dial,
	}
	if direct {
		n.proxy = nil
	}
	return n
}

// dial opens a connection.
func (n *network) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if n.opens != nil {
		return n.opens(ctx, network, address)
	}
	return n.dialer.DialContext(ctx, network, address)
}

// webSockets returns the dialer of WebSockets.
func (n *network) webSockets() (Dialer, error) { return webSocketDialer{n}, nil }

// do makes one HTTP request, after which no connection is left open.
func (n *network) do(ctx context.Context, r request) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, r.method, r.url.String(), bytes.NewReader(r.body))
	if err != nil {
		return answer{}, err
	}
	req.Header = http.Header(r.header)
	proxy, dial, err := n.proxyFor(r.url)
	if err != nil {
		return answer{}, err
	}
	transport := &http.Transport{
		Proxy:                 http.ProxyURL(proxy),
		DialContext:           dial,
		TLSClientConfig:       n.relayTLS(),
		TLSHandshakeTimeout:   dialTimeout,
		ResponseHeaderTimeout: answerTimeout,
		DisableKeepAlives:     true,
	}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, wire.MaxRoomBody+1))
	return answer{resp.StatusCode, textproto.MIMEHeader(resp.Header), body}, err
}

// pin makes the relay's key count instead of who issued its certificate. That of a
// proxy on the way is checked as ever.
func (n *network) pin(relay string, pins []Pin) {
	n.relay = &tls.Config{
		MinVersion:         tls.VersionTLS12,
		InsecureSkipVerify: true, // VerifyConnection takes its place, also where a session is resumed
		VerifyConnection: func(s tls.ConnectionState) error {
			return checkPins(relay, pins, s.PeerCertificates)
		},
	}
}

func (n *network) relayTLS() *tls.Config {
	if n.relay != nil {
		return n.relay
	}
	return n.tls
}

// isOffline reports whether a relay was not reached because this machine has no
// network: no address but those by which it reaches itself. err is why.
func isOffline(err error) bool {
	if errors.Is(err, syscall.ECONNREFUSED) { // a machine answered
		return false
	}
	interfaces, err := net.Interfaces()
	if err != nil {
		return false
	}
	for _, i := range interfaces {
		if i.Flags&net.FlagUp == 0 || i.Flags&net.FlagLoopback != 0 {
			continue
		}
		addrs, err := i.Addrs()
		if err != nil {
			return false
		}
		for _, a := range addrs {
			if ip, ok := a.(*net.IPNet); ok && ip.IP.IsGlobalUnicast() {
				return false
			}
		}
	}
	return true
}

// resolvesLocally reports whether a host name has only addresses of this machine
// or of a private network.
func (n *network) resolvesLocally(ctx context.Context, host string) bool {
	addrs, err := n.dialer.Resolver.LookupNetIP(ctx, "ip", host)
	return err == nil && !slices.ContainsFunc(addrs, func(a netip.Addr) bool { return !isLocal(a) })
}
