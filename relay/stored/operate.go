package stored

import (
	"context"
	"time"
)

// Each calls visit with each transfer that is not over, for the operator of a store,
// until it returns an error, which Each returns.
func (s *Service) Each(ctx context.Context, visit func(Record) error) error {
	now := time.Now()
	return s.index.Each(ctx, func(r Record) error {
		if !now.Before(r.Expires) {
			return nil
		}
		return visit(r)
	})
}

// Find returns a transfer to the operator of a store. The error may be ErrUnknown.
func (s *Service) Find(ctx context.Context, id ID) (Record, error) { return s.find(ctx, id) }

// Remove removes a transfer for the operator of a store, whoever its sender is. The error
// may be ErrUnknown.
func (s *Service) Remove(ctx context.Context, id ID) error {
	r, err := s.index.Find(ctx, id)
	if err != nil {
		return err
	}
	return s.remove(ctx, r)
}
