package doctor

import (
	"context"
	"net/netip"
	"time"

	"github.com/tallow-transfer/tallow/internal/vault/devicekey"
)

// relayProbe looks at the relay that somebody has named.
type relayProbe interface {
	look(ctx context.Context) (relayFacts, error)
}

// relayFacts are what a relay shows of itself.
type relayFacts struct {
	name    string
	secure  bool // by TLS
	version string
	delay   time.Duration // of one request
	offset  time.Duration // of its clock: positive if it is ahead of this one's
	known   bool          // offset is
	stun    []string      // servers at HOST:PORT that answer STUN requests
}

// stunProbe asks STUN servers how they see this machine, all from one socket.
type stunProbe interface {
	ask(ctx context.Context, servers []string) []mapping
}

// mapping is the address at which one STUN server sees a socket of this machine.
type mapping struct {
	server netip.AddrPort
	seen   netip.AddrPort // zero if it did not answer
	own    bool           // seen is an address of this machine: no NAT is in between
}

// localProbe announces a sender to this network, and looks for it as a receiver does.
type localProbe interface {
	find(ctx context.Context) ([]netip.Addr, error)
}

// diskProbe looks at a folder.
type diskProbe interface {
	// write reports why nothing can be written into a folder, or into the one in which
	// it can be made.
	write(dir string) error
	// free returns the bytes that are free there, or a negative number if that is not
	// known.
	free(dir string) int64
}

// keyProbe looks at the key of the history, and at the keyring for it. It makes no key.
type keyProbe interface {
	key(ctx context.Context) keyFacts
}

// keyFacts are where the key of the history is.
type keyFacts struct {
	file     string          // the file that has the key, or says where it is; empty: there is no folder for it
	place    devicekey.Place // where it is; empty: none was made yet
	failure  error           // why the key that there is cannot be had
	keyring  error           // why the keyring cannot be used; nil: it works
	unwanted bool            // because a person does not want it
}
