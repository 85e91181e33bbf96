package stored

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Sweep removes what is over: what has expired, uploads that were given up, and parts
// that belong to nothing. It returns how many transfers it has removed. Of one whose
// sender is still to be told of events the record stays until that is done.
func (s *Service) Sweep(ctx context.Context) (removed int, err error) {
	now := time.Now()
	var over []Record
	known := make(map[ID]bool)
	err = s.index.Each(ctx, func(r Record) error {
		known[r.ID] = true
		if !now.Before(r.Expires) || !r.Complete() && now.Sub(r.Touched) >= s.config.UploadPatience {
			over = append(over, r)
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("sweeping stored transfers: %w", err)
	}
	var gone, told []Record // that nobody is to be told of, and of whose end all was told
	var failed []error
	for _, r := range over {
		switch {
		case r.Ended && (len(r.Events) == 0 || now.Sub(r.Expires) >= s.config.EventLife):
			told = append(told, r)
		case r.Ended:
		case r.Notify == "":
			gone = append(gone, r)
		default:
			err := s.end(ctx, r, now)
			if failed = append(failed, err); err == nil {
				removed++
			}
		}
	}
	n, err := s.removeAll(ctx, gone)
	removed += n
	failed = append(failed, err)
	_, err = s.removeAll(ctx, told)
	failed = append(failed, err)
	// One that was made meanwhile is in the index by now: ask again before removing it.
	failed = append(failed, s.blobs.Each(ctx, func(id ID) error {
		if known[id] {
			return nil
		}
		if _, err := s.index.Find(ctx, id); !errors.Is(err, ErrUnknown) {
			return err
		}
		return s.blobs.Delete(ctx, Record{ID: id})
	}))
	return removed, errors.Join(failed...)
}

// end removes a transfer that is over, but for its events.
func (s *Service) end(ctx context.Context, r Record, now time.Time) error {
	ended, err := s.index.Update(ctx, r.ID, func(r *Record) error {
		if r.Ended {
			return errUnchanged
		}
		if now.Before(r.Expires) {
			if r.Complete() {
				return errUnchanged // it was extended, or completed, meanwhile
			}
			r.Expires = now.UTC()
		}
		if !r.spent() {
			r.add(EventExpired, now.UTC())
		}
		r.Ended, r.Reserved = true, 0
		r.Upload, r.Finishing, r.Parts, r.Claims, r.Committed, r.WrappedKey, r.Mails = "", nil, nil, nil, nil, nil, nil
		return nil
	})
	switch {
	case errors.Is(err, errUnchanged), errors.Is(err, ErrUnknown):
		return nil
	case err != nil:
		return err
	case len(ended.Events) == 0:
		return s.remove(ctx, r)
	}
	return s.blobs.Delete(ctx, r)
}
