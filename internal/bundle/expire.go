package bundle

import (
	"context"
	"slices"
	"time"
)

// KeepSaved is how long something that was saved stays, so that a download that the
// browser has not finished does not break. What was not saved stays until it is
// deleted: a sender may still wait for it, and nothing else has it.
const KeepSaved = time.Hour

// Expire deletes what was saved KeepSaved before now or earlier. It returns when the
// next one is due, the zero time if there is none. A bundle that cannot be deleted, as
// another process has it open, is listed no more, and tried again by the next Store.
func (s *Store) Expire(ctx context.Context, now time.Time) (next time.Time) {
	s.kept = slices.DeleteFunc(s.kept, func(k Kept) bool {
		if k.Saved.IsZero() {
			return false
		}
		due := k.Saved.Add(KeepSaved)
		if due.After(now) {
			if next.IsZero() || due.Before(next) {
				next = due
			}
			return false
		}
		_ = s.Remove(ctx, k.Name)
		return true
	})
	return next
}
