// Package storedtest has the suites that every stored.Index and stored.Blobs pass.
// Start with [Index] and [Blobs].
package storedtest

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/relay/stored"
)

// Index runs the suite for an Index. open makes an empty one for each test.
func Index(t *testing.T, open func(t *testing.T) stored.Index) {
	for name, run := range map[string]func(*testing.T, stored.Index){
		"a record is found as it was made": indexFinds,
		"a change is kept, or refused":     indexUpdates,
		"one of many gets the last":        indexRace,
		"quotas":                           indexQuotas,
		"a deleted record is gone":         indexDeletes,
		"each record is visited":           indexVisits,
		"a call ends with its context":     indexEnds,
		"what is due is found":             indexDue,
		"one of many takes what is due":    indexTake,
		"counts of a day":                  indexCounts,
	} {
		t.Run(name, func(t *testing.T) { run(t, open(t)) })
	}
}

// record returns a record with every field set.
func record(client string, size int64) stored.Record {
	now := time.Unix(1e9, 5).UTC()
	return stored.Record{
		ID: stored.NewID(), Owner: stored.Hash{1}, Proof: stored.Hash{2}, Client: client,
		Created: now, Touched: now.Add(time.Second), Expires: now.Add(time.Hour), Reserved: size,
		Parts: []int64{3, 4}, Upload: "u", PartSegments: 7, Finishing: []int64{8, 9}, Downloads: 5, Done: 1,
		Claims: map[string]time.Time{"a": now}, Committed: map[string]struct{}{"b": {}},
		WrappedKey: []byte{1, 2}, Opened: now.Add(2 * time.Second), Notify: "https://hook.example", Ended: true,
		Mails: []stored.Mail{{
			Name: "n", To: "a@example.org", From: "f", What: "w", Note: "n", Expires: now, State: stored.MailQueued, Reason: "r",
			Queued: now, Changed: now, Retry: stored.Retry{Attempt: 1, Failures: 2, Next: now.Add(time.Minute)},
		}},
		Events: []stored.Event{{Kind: stored.EventOpened, Time: now, Done: 3, Retry: stored.Retry{Attempt: 4, Failures: 5, Next: now.Add(time.Hour)}}},
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantError(t *testing.T, what string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

func wantRecord(t *testing.T, got, want stored.Record) {
	t.Helper()
	same := got.ID == want.ID && got.Owner == want.Owner && got.Proof == want.Proof && got.Client == want.Client &&
		got.Created.Equal(want.Created) && got.Touched.Equal(want.Touched) && got.Expires.Equal(want.Expires) &&
		got.Reserved == want.Reserved && slices.Equal(got.Parts, want.Parts) && got.Upload == want.Upload &&
		got.PartSegments == want.PartSegments && slices.Equal(got.Finishing, want.Finishing) && got.Downloads == want.Downloads && got.Done == want.Done &&
		maps.EqualFunc(got.Claims, want.Claims, time.Time.Equal) && maps.Equal(got.Committed, want.Committed) &&
		bytes.Equal(got.WrappedKey, want.WrappedKey) && got.Opened.Equal(want.Opened) && got.Notify == want.Notify && got.Ended == want.Ended &&
		reflect.DeepEqual(got.Mails, want.Mails) && reflect.DeepEqual(got.Events, want.Events) // their times are of UTC
	if !same {
		t.Errorf("the record is %+v, want %+v", got, want)
	}
}

func indexFinds(t *testing.T, x stored.Index) {
	want := record("c", 10)
	must(t, x.Create(t.Context(), want, stored.Limits{}))
	got, err := x.Find(t.Context(), want.ID)
	must(t, err)
	wantRecord(t, got, want)
	got.Claims["mine"] = time.Now() // which changes nothing there
	got.Parts[0] = 99
	got.WrappedKey[0], got.Mails[0].To, got.Events[0].Done = 99, "changed", 99
	got, err = x.Find(t.Context(), want.ID)
	must(t, err)
	wantRecord(t, got, want)
	_, err = x.Find(t.Context(), stored.NewID())
	wantError(t, "an unknown one", err, stored.ErrUnknown)
}

func indexUpdates(t *testing.T, x stored.Index) {
	want := record("c", 10)
	must(t, x.Create(t.Context(), want, stored.Limits{}))
	refused := errors.New("refused")
	_, err := x.Update(t.Context(), want.ID, func(r *stored.Record) error {
		r.Done, r.Claims["x"] = 77, time.Now()
		return refused
	})
	wantError(t, "a refused change", err, refused)
	got, err := x.Update(t.Context(), want.ID, func(r *stored.Record) error {
		if r.Done != 1 || len(r.Claims) != 1 {
			t.Errorf("a refused change was kept: %+v", r)
		}
		r.Done = 2
		return nil
	})
	must(t, err)
	want.Done = 2
	wantRecord(t, got, want)
	got, err = x.Find(t.Context(), want.ID)
	must(t, err)
	wantRecord(t, got, want)
	_, err = x.Update(t.Context(), stored.NewID(), func(*stored.Record) error { return nil })
	wantError(t, "an unknown one", err, stored.ErrUnknown)
}

func indexRace(t *testing.T, x stored.Index) {
	r := record("c", 10)
	r.Done = 0
	must(t, x.Create(t.Context(), r, stored.Limits{}))
	spent := errors.New("spent")
	var took atomic.Int64
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			_, err := x.Update(t.Context(), r.ID, func(r *stored.Record) error {
				if r.Done == r.Downloads {
					return spent
				}
				r.Done++
				return nil
			})
			switch {
			case err == nil:
				took.Add(1)
			case !errors.Is(err, spent):
				t.Error(err)
			}
		})
	}
	all.Wait()
	if took.Load() != int64(r.Downloads) {
		t.Errorf("%d got one, want %d", took.Load(), r.Downloads)
	}
}

func indexQuotas(t *testing.T, x stored.Index) {
	l := stored.Limits{Total: 100, PerClient: 60, Transfers: 2}
	a := record("a", 40)
	must(t, x.Create(t.Context(), a, l))
	wantError(t, "more bytes than a client may have", x.Create(t.Context(), record("a", 21), l), stored.ErrClientQuota)
	must(t, x.Create(t.Context(), record("a", 20), l))
	wantError(t, "more transfers than a client may have", x.Create(t.Context(), record("a", 0), l), stored.ErrClientQuota)
	wantError(t, "more bytes than there may be", x.Create(t.Context(), record("b", 41), l), stored.ErrFull)
	must(t, x.Create(t.Context(), record("b", 40), l))
	_, err := x.Update(t.Context(), a.ID, func(r *stored.Record) error { r.Reserved = 10; return nil })
	must(t, err)
	must(t, x.Create(t.Context(), record("b", 20), l))
	must(t, x.Delete(t.Context(), a.ID))
	must(t, x.Create(t.Context(), record("a", 20), l))
}

func indexDeletes(t *testing.T, x stored.Index) {
	r := record("a", 1)
	must(t, x.Create(t.Context(), r, stored.Limits{}))
	must(t, x.Delete(t.Context(), r.ID))
	must(t, x.Delete(t.Context(), r.ID))
	_, err := x.Find(t.Context(), r.ID)
	wantError(t, "a deleted one", err, stored.ErrUnknown)
}

func indexVisits(t *testing.T, x stored.Index) {
	want := make(map[stored.ID]bool)
	for range 5 {
		r := record("a", 1)
		must(t, x.Create(t.Context(), r, stored.Limits{}))
		want[r.ID] = true
	}
	got := make(map[stored.ID]bool)
	must(t, x.Each(t.Context(), func(r stored.Record) error {
		got[r.ID] = true
		return x.Delete(t.Context(), r.ID)
	}))
	if !maps.Equal(got, want) {
		t.Errorf("%d were visited, want %d", len(got), len(want))
	}
	end := errors.New("end")
	must(t, x.Create(t.Context(), record("a", 1), stored.Limits{}))
	wantError(t, "a visit that ends", x.Each(t.Context(), func(stored.Record) error { return end }), end)
}

func indexEnds(t *testing.T, x stored.Index) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := x.Find(ctx, stored.NewID())
	wantError(t, "Find", err, context.Canceled)
	wantError(t, "Create", x.Create(ctx, record("a", 1), stored.Limits{}), context.Canceled)
	wantError(t, "Delete", x.Delete(ctx, stored.NewID()), context.Canceled)
	_, err = x.Update(ctx, stored.NewID(), func(*stored.Record) error { return nil })
	wantError(t, "Update", err, context.Canceled)
}
