package stored_test

import (
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tallow-transfer/tallow/relay/stored"
)

// notifying stores something whose sender wants to be told.
func notifying(t *testing.T, s *stored.Service, downloads int) stored.ID {
	t.Helper()
	q := request(5, downloads)
	q.Notify = "https://hook.example"
	r, err := s.Create(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Put(t.Context(), r.ID, owner(), 0, strings.NewReader("01234"), 5); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Finish(t.Context(), r.ID, owner(), 1); err != nil {
		t.Fatal(err)
	}
	return r.ID
}

func look(t *testing.T, s *stored.Service, id stored.ID) {
	t.Helper()
	r, err := s.Offer(t.Context(), id, 3)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if b, err := io.ReadAll(r); err != nil || string(b) != "012" {
		t.Errorf("the offer is %q, %v", b, err)
	}
}

func fetch(t *testing.T, s *stored.Service, id stored.ID, name byte) {
	t.Helper()
	if err := claim(t, s, id, name); err != nil {
		t.Fatal(err)
	}
	for range 2 { // which counts once
		if err := s.Commit(t.Context(), id, stored.ClaimID{name}); err != nil {
			t.Fatal(err)
		}
	}
}

// told takes all events, in their order.
func told(t *testing.T, s *stored.Service, id stored.ID) (kinds []stored.EventKind) {
	t.Helper()
	for {
		task, err := s.Take(t.Context(), id, true, time.Minute)
		if err != nil {
			wantError(t, "behind the last event", err, stored.ErrNothing)
			return kinds
		}
		if task.Event == nil || task.Record.Notify != "https://hook.example" {
			t.Fatalf("the task is %+v", task)
		}
		kinds = append(kinds, task.Event.Kind)
		settle(t, s, task, stored.Outcome{Done: true})
	}
}

func wantTold(t *testing.T, s *stored.Service, id stored.ID, want ...stored.EventKind) {
	t.Helper()
	if got := told(t, s, id); !slices.Equal(got, want) {
		t.Errorf("told were %v, want %v", got, want)
	}
}

// The sender is told in order of what has happened, each once, and of the end.
func TestEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, mails())
		id := notifying(t, s, 2)
		wantTold(t, s, id)
		before := time.Now()
		time.Sleep(time.Second)
		look(t, s, id)
		time.Sleep(time.Second)
		look(t, s, id)
		r, err := s.Find(t.Context(), id)
		if err != nil || !r.Opened.Equal(before.Add(time.Second)) {
			t.Errorf("it was opened at %v, %v", r.Opened, err)
		}
		fetch(t, s, id, 1)
		wantTold(t, s, id, stored.EventOpened, stored.EventDownloaded)
		if _, err := queue(t, s, id, "n", "a@example.org"); err != nil {
			t.Fatal(err)
		}
		settle(t, s, take(t, s, id), stored.Outcome{Done: true})
		wantTold(t, s, id, stored.EventMailSent)
		if _, err := queue(t, s, id, "m", "b@example.org"); err != nil {
			t.Fatal(err)
		}
		settle(t, s, take(t, s, id), stored.Outcome{Reason: "no such user"})
		wantTold(t, s, id, stored.EventMailFailed)

		time.Sleep(24 * time.Hour)
		if n, err := s.Sweep(t.Context()); err != nil || n != 1 {
			t.Errorf("%d were swept, %v", n, err)
		}
		_, err = s.Find(t.Context(), id)
		wantError(t, "when it has expired", err, stored.ErrUnknown)
		_, err = s.MailsOf(t.Context(), id, owner())
		wantError(t, "its mails", err, stored.ErrUnknown)
		task := take(t, s, id)
		if task.Event == nil || task.Event.Kind != stored.EventExpired || task.Event.Done != 1 || len(task.Record.Mails) != 0 || task.Record.WrappedKey != nil {
			t.Errorf("the last task is %+v", task)
		}
		settle(t, s, task, stored.Outcome{Done: true})
		if n, err := s.Sweep(t.Context()); err != nil || n != 0 {
			t.Errorf("%d were swept again, %v", n, err)
		}
		wantNothing(t, "when it is gone", s, id)
	})
}

// What was fetched as often as it may be is not told to have expired.
func TestNoExpiryOfWhatIsSpent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, stored.Config{})
		id := notifying(t, s, 1)
		fetch(t, s, id, 1)
		wantTold(t, s, id, stored.EventDownloaded)
		time.Sleep(24 * time.Hour)
		if _, err := s.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		wantNothing(t, "when it has expired", s, id)
	})
}

// A sender that nobody can tell of the end is forgotten after a while.
func TestEventsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, stored.Config{EventLife: time.Hour})
		id := notifying(t, s, 1)
		time.Sleep(24 * time.Hour)
		for range 2 {
			if _, err := s.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		settle(t, s, take(t, s, id), stored.Outcome{Again: time.Now().Add(time.Minute)})
		time.Sleep(time.Minute)
		if task := take(t, s, id); task.Event.Failures != 1 {
			t.Errorf("the task is %+v", task)
		}
		_, err := s.Extend(t.Context(), id, owner(), time.Hour)
		wantError(t, "to extend it", err, stored.ErrUnknown)
		time.Sleep(time.Hour)
		if _, err := s.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		wantNothing(t, "after an hour", s, id)
	})
}

// An upload that was given up is told as expired, and what nobody takes is bounded.
func TestEventsOfWhatIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, stored.Config{MaxLife: 100 * time.Hour})
		q := request(5, 1)
		q.Notify, q.Life = "https://hook.example", 100*time.Hour
		r, err := s.Create(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(24 * time.Hour)
		if n, err := s.Sweep(t.Context()); err != nil || n != 1 {
			t.Errorf("%d were swept, %v", n, err)
		}
		wantTold(t, s, r.ID, stored.EventExpired)

		id := notifying(t, s, 0)
		for i := range 60 {
			if err := claim(t, s, id, byte(i)); err != nil {
				t.Fatal(err)
			}
			if err := s.Commit(t.Context(), id, stored.ClaimID{byte(i)}); err != nil {
				t.Fatal(err)
			}
		}
		if got := told(t, s, id); len(got) != 50 {
			t.Errorf("%d events were kept, want 50", len(got))
		}
	})
}

// Without a URL there is nothing to tell.
func TestNoEvents(t *testing.T) {
	s := open(t, stored.Config{})
	id := stores(t, s, 1)
	r, err := s.Offer(t.Context(), id, 3)
	if err != nil {
		t.Fatal(err)
	}
	_ = r.Close()
	wantNothing(t, "nobody is to be told", s, id)
}
