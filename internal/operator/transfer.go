package operator

import (
	"context"
	"time"

	"github.com/tallow-transfer/tallow/relay/stored"
)

// Transfer is what a store knows of a transfer, and its operator may see.
type Transfer struct {
	ID        string    `json:"id"`
	Created   time.Time `json:"created"`
	Expires   time.Time `json:"expires"`
	Complete  bool      `json:"complete"`
	Size      int64     `json:"size"` // until it is complete, what its sender has announced
	Downloads int       `json:"downloads"`
	Done      int       `json:"done"`
	Fetching  int       `json:"fetching"`
}

func transferOf(r stored.Record) Transfer {
	t := Transfer{
		ID: r.ID.String(), Created: r.Created, Expires: r.Expires, Complete: r.Complete(), Size: r.Size(),
		Downloads: r.Downloads, Done: r.Done, Fetching: r.Fetching(time.Now()),
	}
	if !t.Complete {
		t.Size = r.Reserved
	}
	return t
}

// Local looks at a store that no running relay holds.
type Local struct{ Service *stored.Service }

// Each calls visit with each transfer, until it returns an error, which Each returns.
func (l Local) Each(ctx context.Context, visit func(Transfer) error) error {
	return l.Service.Each(ctx, func(r stored.Record) error { return visit(transferOf(r)) })
}

// Find returns a transfer. The error may be stored.ErrUnknown.
func (l Local) Find(ctx context.Context, id stored.ID) (Transfer, error) {
	r, err := l.Service.Find(ctx, id)
	if err != nil {
		return Transfer{}, err
	}
	return transferOf(r), nil
}

// Remove takes a transfer down. The error may be stored.ErrUnknown.
func (l Local) Remove(ctx context.Context, id stored.ID) error { return l.Service.Remove(ctx, id) }
