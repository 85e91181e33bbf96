package relay

import (
	"errors"
	"net"

	"github.com/tallow-transfer/tallow/relay/roomstore"
)

// Cluster makes a relay one of several nodes that share their rooms, behind one
// balancer. The two peers of a room may come to different nodes.
//
// A room is on one node, its home. A peer that comes to another node is passed on
// to the home over a connection of its own (pass.go), with everything that it
// sends and gets. What a node has to know of the rooms of others is in the Store.
//
// A node that cannot reach the Store admits nobody, and opens no rooms, until it
// can again. The peers that it has are not disturbed.
type Cluster struct {
	// Store is what the nodes share. Who makes the relay closes it afterwards.
	Store roomstore.Store
	// Listener is where other nodes connect. Serve closes it.
	Listener net.Listener
	// Address is where they reach Listener, "HOST:PORT".
	Address string
	// Secret is how nodes know each other: the same text on all of them, and
	// nobody else's, at least 32 bytes long.
	Secret string
}

// MinNodeSecret is the length of the shortest secret, in bytes. Who reaches a node's
// listener can test guesses without asking again, so the secret must not be one that
// can be guessed.
const MinNodeSecret = 32

func (c *Cluster) check() error {
	if c == nil {
		return nil
	}
	switch _, _, err := net.SplitHostPort(c.Address); {
	case c.Store == nil:
		return errors.New("Cluster: no Store")
	case c.Listener == nil:
		return errors.New("Cluster: no Listener")
	case err != nil:
		return errors.New("Cluster.Address: write it as HOST:PORT")
	case len(c.Secret) < MinNodeSecret:
		return errors.New("Cluster.Secret: at least 32 bytes, such as openssl rand -hex 32 prints")
	}
	return nil
}
