package main

import (
	"net"

	"github.com/tallow-transfer/tallow/internal/settings"
	"github.com/tallow-transfer/tallow/relay"
	"github.com/tallow-transfer/tallow/relay/roomstore/redisstore"
)

// clusterSettings are the settings of a relay that is one of several nodes.
type clusterSettings struct {
	redis   string
	listen  string
	address string
	secret  string
}

func (c *clusterSettings) table() []settings.Setting {
	c.listen = ":8081"
	return []settings.Setting{
		{Name: "redis", Value: &c.redis, Secret: true, Help: "`URL` of the Redis that several relays behind one balancer share: redis://HOST:PORT, rediss:// with TLS, or unix://PATH"},
		{Name: "node-listen", Value: &c.listen, Help: "`address` on which they connect to each other; not for the internet"},
		{Name: "node-address", Value: &c.address, Help: "`address` by which the others reach --node-listen, HOST:PORT"},
		{Name: "node-secret", Value: &c.secret, Secret: true, Help: "`SECRET` by which they know each other, the same for all; better in the variable or the file"},
	}
}

// check rejects invalid values. place says where a setting was made.
func (c *clusterSettings) check(place func(string) string) error {
	if c.redis == "" {
		if c.address != "" || c.secret != "" {
			return usage("Name the Redis that the nodes share with --redis.", "%s and --node-secret are for one of several relays", place("node-address"))
		}
		return nil
	}
	store, err := redisstore.Open(c.redis)
	if err != nil {
		// The error may quote the URL, and so the password in it.
		return usage("Write it as redis://HOST:PORT.", "%s is no URL of a Redis", place("redis"))
	}
	_ = store.Close() // it has not connected
	if _, _, err := net.SplitHostPort(c.listen); err != nil {
		return usage("Write it as HOST:PORT or :PORT.", "%s cannot be %q", place("node-listen"), c.listen)
	}
	host, port, err := net.SplitHostPort(c.address)
	switch {
	case c.address == "":
		return usage("It is the address of this machine that the other relays use.", "--node-address is needed with --redis")
	case err != nil || host == "" || port == "":
		return usage("Write it as HOST:PORT.", "%s cannot be %q", place("node-address"), c.address)
	case len(c.secret) < relay.MinNodeSecret:
		return usage("Make one with openssl rand -hex 32, and give it to every node.", "--node-secret needs at least %d characters", relay.MinNodeSecret)
	}
	return nil
}

// join makes the relay a node, and adds what has to end after it.
func (s *server) join(run *services) (leave func(), err error) {
	store, err := redisstore.Open(s.cluster.redis)
	if err != nil {
		return nil, err
	}
	listener, err := s.listenTCP(run.ctx, "node-listen", s.cluster.listen)
	if err != nil {
		_ = store.Close()
		return nil, err
	}
	address := s.cluster.address
	if host, port, _ := net.SplitHostPort(address); port == "0" { // the port that the listener got
		_, port, _ = net.SplitHostPort(listener.Addr().String())
		address = net.JoinHostPort(host, port)
	}
	s.config.Cluster = &relay.Cluster{Store: store, Listener: listener, Address: address, Secret: s.cluster.secret}
	return func() {
		_ = listener.Close()
		_ = store.Close()
	}, nil
}
