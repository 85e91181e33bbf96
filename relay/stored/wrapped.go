package stored

import "context"

// MaxWrappedKey is how many bytes a wrapped key may have.
const MaxWrappedKey = 256

// PutWrappedKey keeps the key of a transfer for its receiver, under words that its sender
// tells; the store cannot open it. One that was there is replaced. Errors: ErrUnknown,
// ErrInvalid.
func (s *Service) PutWrappedKey(ctx context.Context, id ID, token Secret, wrapped []byte) error {
	if len(wrapped) == 0 || len(wrapped) > MaxWrappedKey {
		return ErrInvalid
	}
	if _, err := s.owned(ctx, id, token); err != nil {
		return err
	}
	_, err := s.index.Update(ctx, id, func(r *Record) error {
		if r.Ended {
			return ErrUnknown
		}
		r.WrappedKey = wrapped
		return nil
	})
	return err
}

// WrappedKey returns the wrapped key of a transfer, to anybody who has its id. The error
// is ErrUnknown if there is none.
func (s *Service) WrappedKey(ctx context.Context, id ID) ([]byte, error) {
	r, err := s.find(ctx, id)
	if err == nil && len(r.WrappedKey) == 0 {
		err = ErrUnknown
	}
	return r.WrappedKey, err
}
