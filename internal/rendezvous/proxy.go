//go:build !js

package rendezvous

import (
	"cmp"
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/url"
	"os"

	"golang.org/x/net/http/httpproxy"
)

// proxyFromEnvironment returns what chooses the proxy of a request as curl does:
// HTTPS_PROXY or HTTP_PROXY for the scheme of its URL, else ALL_PROXY, each in
// upper or lower case; none where NO_PROXY says so, nor on this machine.
func proxyFromEnvironment() func(*http.Request) (*url.URL, error) {
	config := httpproxy.FromEnvironment()
	all := cmp.Or(os.Getenv("ALL_PROXY"), os.Getenv("all_proxy"))
	config.HTTPSProxy = cmp.Or(config.HTTPSProxy, all)
	config.HTTPProxy = cmp.Or(config.HTTPProxy, all)
	choose := config.ProxyFunc()
	return func(req *http.Request) (*url.URL, error) { return choose(req.URL) }
}

// proxyName returns the address of the proxy by which an http or https URL is
// reached, without a password, or "" if there is none.
func (n *network) proxyName(u *url.URL) string {
	if n.proxy == nil {
		return ""
	}
	proxy, err := n.proxy(&http.Request{URL: u})
	if err != nil || proxy == nil {
		return ""
	}
	return proxy.Host
}

// proxyFor returns the proxy to u in a form that gorilla knows too, and how the proxy
// is dialled: by TLS if it is an https one, with a certificate that this machine
// trusts, whatever the relay's has to be. It is nil if there is no proxy.
func (n *network) proxyFor(u *url.URL) (*url.URL, DialFunc, error) {
	if n.proxy == nil {
		return nil, n.dial, nil
	}
	proxy, err := n.proxy(&http.Request{URL: u})
	if err != nil || proxy == nil {
		return nil, n.dial, err
	}
	known := *proxy
	switch proxy.Scheme {
	case "socks5h": // a SOCKS proxy gets the name in any case
		known.Scheme = "socks5"
	case "https":
		known.Scheme = "http"
		if proxy.Port() == "" {
			known.Host = net.JoinHostPort(proxy.Hostname(), "443")
		}
		return &known, n.dialTLS(proxy.Hostname()), nil
	}
	return &known, n.dial, nil
}

// dialTLS returns what dials a proxy by TLS.
func (n *network) dialTLS(name string) DialFunc {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := n.dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		config := n.tls.Clone()
		if config == nil {
			config = &tls.Config{}
		}
		config.ServerName = name
		secure := tls.Client(conn, config)
		if err := secure.HandshakeContext(ctx); err != nil {
			_ = conn.Close()
			return nil, err
		}
		return secure, nil
	}
}
