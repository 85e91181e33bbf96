package storeclient

import (
	"context"
	"errors"
	"time"
)

// Terms are what a store says to whoever asks.
type Terms struct {
	Token        bool          // who stores has to know one
	Life         time.Duration // of a transfer, unless its sender says otherwise
	MaxLife      time.Duration
	MaxSize      int64 // of a container, in bytes; 0: no limit is known
	MaxDownloads int
}

// Terms asks whether the relay has a store, and what may be stored there. The error is a
// *NoStoreError if it has none.
func (c *Client) Terms(ctx context.Context) (Terms, error) {
	var reply termsJSON
	if err := c.short(ctx, call{method: "GET", want: 200}, &reply); err != nil {
		return Terms{}, err
	}
	if !reply.Store {
		return Terms{}, &NoStoreError{Relay: c.requests.Relay()}
	}
	t, err := reply.terms()
	if err != nil {
		return Terms{}, c.requests.Nonsense("its answer makes no sense", err)
	}
	return t, nil
}

// termsJSON are terms as the relay writes them.
type termsJSON struct {
	Store        bool  `json:"store"`
	Token        bool  `json:"token"`
	Life         int64 `json:"life"`
	MaxLife      int64 `json:"max_life"`
	MaxSize      int64 `json:"max_size"`
	MaxDownloads int   `json:"max_downloads"`
}

// maxLife bounds what a store may say of the life of a transfer, in seconds: a hundred
// years.
const maxLife = 100 * 366 * 24 * 60 * 60

var errTerms = errors.New("terms that cannot be")

// terms checks them.
func (j termsJSON) terms() (Terms, error) {
	if j.Life < 1 || j.MaxLife < j.Life || j.MaxLife > maxLife || j.MaxSize < 0 || j.MaxDownloads < 1 {
		return Terms{}, errTerms
	}
	return Terms{
		Token: j.Token, Life: time.Duration(j.Life) * time.Second, MaxLife: time.Duration(j.MaxLife) * time.Second,
		MaxSize: j.MaxSize, MaxDownloads: j.MaxDownloads,
	}, nil
}
