package storedtest

import (
	"errors"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/relay/stored"
)

// dueAt returns a record with a mail that is due at a time; zero for none.
func dueAt(at time.Time) stored.Record {
	r := record("c", 1)
	r.Events, r.Mails = nil, nil
	if !at.IsZero() {
		r.Mails = []stored.Mail{{Name: "n", State: stored.MailQueued, Retry: stored.Retry{Next: at}}}
	}
	return r
}

func indexDue(t *testing.T, x stored.Index) {
	now := time.Now().UTC().Truncate(time.Millisecond)
	late, later, future, never := dueAt(now.Add(-time.Hour)), dueAt(now), dueAt(now.Add(time.Minute)), dueAt(time.Time{})
	for _, r := range []stored.Record{later, never, future, late} {
		must(t, x.Create(t.Context(), r, stored.Limits{}))
	}
	want := func(what string, at time.Time, limit int, want ...stored.ID) {
		t.Helper()
		got, err := x.Due(t.Context(), at, limit)
		must(t, err)
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v are due, want %v", what, got, want)
		}
	}
	want("as they were made", now, 10, late.ID, later.ID)
	want("one of them", now, 1, late.ID)
	want("before all", now.Add(-2*time.Hour), 10)
	_, err := x.Update(t.Context(), late.ID, func(r *stored.Record) error { r.Mails[0].State = stored.MailSent; return nil })
	must(t, err)
	_, err = x.Update(t.Context(), never.ID, func(r *stored.Record) error {
		r.Events = []stored.Event{{Kind: stored.EventOpened, Retry: stored.Retry{Next: now.Add(-time.Second)}}}
		return nil
	})
	must(t, err)
	_, err = x.Update(t.Context(), future.ID, func(r *stored.Record) error { r.Done++; return nil })
	must(t, err)
	want("after changes", now, 10, never.ID, later.ID)
	must(t, x.Delete(t.Context(), later.ID))
	want("after one was deleted", now.Add(time.Hour), 10, never.ID, future.ID)
}

func indexTake(t *testing.T, x stored.Index) {
	r := dueAt(time.Now().Add(-time.Hour))
	must(t, x.Create(t.Context(), r, stored.Limits{}))
	mine := errors.New("somebody has it")
	var took atomic.Int64
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			_, err := x.Update(t.Context(), r.ID, func(r *stored.Record) error {
				if r.Mails[0].Next.After(time.Now()) {
					return mine
				}
				r.Mails[0].Next = time.Now().Add(time.Hour)
				return nil
			})
			switch {
			case err == nil:
				took.Add(1)
			case !errors.Is(err, mine):
				t.Error(err)
			}
		})
	}
	all.Wait()
	if took.Load() != 1 {
		t.Errorf("%d took it, want 1", took.Load())
	}
}

func indexCounts(t *testing.T, x stored.Index) {
	now := time.Date(2030, 5, 6, 23, 59, 0, 0, time.UTC)
	count := func(what string, at time.Time, want error, counters ...stored.Counter) {
		t.Helper()
		wantError(t, what, x.Count(t.Context(), at, counters), want)
	}
	a, b := stored.Counter{Name: "a", Limit: 2}, stored.Counter{Name: "b", Limit: 3}
	count("the first", now, nil, a, b)
	count("the second", now, nil, a, b)
	count("one of them is full", now, stored.ErrMailQuota, b, a)
	count("nothing was added to the other", now, nil, b)
	count("now it is full", now, stored.ErrMailQuota, b)
	count("no limit", now, nil, stored.Counter{Name: "a"})
	count("the next day", now.Add(2*time.Minute), nil, a, b)
	var counted atomic.Int64
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			err := x.Count(t.Context(), now.Add(2*time.Minute), []stored.Counter{{Name: "all", Limit: 7}, {Name: strconv.Itoa(i), Limit: 1}})
			switch {
			case err == nil:
				counted.Add(1)
			case !errors.Is(err, stored.ErrMailQuota):
				t.Error(err)
			}
		})
	}
	all.Wait()
	if counted.Load() != 7 {
		t.Errorf("%d were counted, want 7", counted.Load())
	}
}
