package doctor

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/netip"
	"strconv"

	"github.com/tallow-transfer/tallow/internal/nearby"
)

// multicast is this network's multicast DNS.
type multicast struct{}

// anyPort is the port that the announcement names. Nobody connects to it: the
// discard service of RFC 863, which hardly anyone runs.
const anyPort = 9

var errNotHeard = errors.New("this machine does not hear its own announcement")

// find announces a random number as a sender does, and looks for it.
func (multicast) find(ctx context.Context) ([]netip.Addr, error) {
	nameplate := strconv.Itoa(100_000_000 + rand.IntN(900_000_000))
	announcement, err := nearby.Announce(ctx, nameplate, anyPort)
	if err != nil {
		return nil, err
	}
	found, err := nearby.Find(ctx, nameplate, nil)
	_ = announcement.Close()
	if errors.Is(err, nearby.ErrNotFound) {
		err = errNotHeard
	}
	var addrs []netip.Addr
	for _, a := range found {
		addrs = append(addrs, a.Addr())
	}
	return addrs, err
}
