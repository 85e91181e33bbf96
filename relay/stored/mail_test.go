package stored_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tallow-transfer/tallow/relay/stored"
)

func mails() stored.Config {
	return stored.Config{Mails: stored.MailLimits{On: true}}
}

func mailRequest(name, to string) stored.MailRequest {
	return stored.MailRequest{Name: name, To: to, From: "Ann", What: "photos", Note: "hello", Client: "c"}
}

func queue(t *testing.T, s *stored.Service, id stored.ID, name, to string) (stored.Mail, error) {
	t.Helper()
	return s.QueueMail(t.Context(), id, owner(), mailRequest(name, to))
}

// take takes what is due of a transfer; it fails the test if there is nothing.
func take(t *testing.T, s *stored.Service, id stored.ID) stored.Task {
	t.Helper()
	task, err := s.Take(t.Context(), id, true, time.Minute)
	if err != nil {
		t.Fatalf("nothing could be taken: %v", err)
	}
	return task
}

func settle(t *testing.T, s *stored.Service, task stored.Task, o stored.Outcome) {
	t.Helper()
	if err := s.Settle(t.Context(), task, o); err != nil {
		t.Fatal(err)
	}
}

func wantNothing(t *testing.T, what string, s *stored.Service, id stored.ID) {
	t.Helper()
	_, err := s.Take(t.Context(), id, true, time.Minute)
	wantError(t, what, err, stored.ErrNothing)
}

func mailOf(t *testing.T, s *stored.Service, id stored.ID, name string) stored.Mail {
	t.Helper()
	all, err := s.MailsOf(t.Context(), id, owner())
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range all {
		if m.Name == name {
			return m
		}
	}
	t.Fatalf("there is no mail %s in %+v", name, all)
	return stored.Mail{}
}

// A mail is queued once, whoever has a right to it, and only for what can be fetched.
func TestQueueMail(t *testing.T) {
	s := open(t, mails())
	r, err := s.Create(t.Context(), request(13, 1))
	if err != nil {
		t.Fatal(err)
	}
	_, err = queue(t, s, r.ID, "n", "a@example.org")
	wantError(t, "a mail of what is not complete", err, stored.ErrIncomplete)
	id := stores(t, s, 1)
	_, err = s.QueueMail(t.Context(), id, stored.Secret{9}, mailRequest("n", "a@example.org"))
	wantError(t, "somebody else's mail", err, stored.ErrUnknown)
	_, err = s.MailsOf(t.Context(), id, stored.Secret{9})
	wantError(t, "somebody else's list", err, stored.ErrUnknown)

	first, err := queue(t, s, id, "n", "a@example.org")
	if err != nil || first.State != stored.MailQueued || first.To != "a@example.org" {
		t.Fatalf("%+v, %v", first, err)
	}
	again, err := queue(t, s, id, "n", "b@example.org")
	if err != nil || again.To != "a@example.org" || !again.Queued.Equal(first.Queued) {
		t.Errorf("the same name again: %+v, %v", again, err)
	}
	if all, err := s.MailsOf(t.Context(), id, owner()); err != nil || len(all) != 1 {
		t.Errorf("there are %+v, %v", all, err)
	}
	for i := range 19 {
		if _, err := queue(t, s, id, fmt.Sprint(i), "a@example.org"); err != nil {
			t.Fatal(err)
		}
	}
	_, err = queue(t, s, id, "too many", "a@example.org")
	wantError(t, "the 21st mail", err, stored.ErrMailQuota)

	off := open(t, stored.Config{})
	_, err = queue(t, off, stores(t, off, 1), "n", "a@example.org")
	wantError(t, "a relay without mail", err, stored.ErrMailOff)
	if off.SendsMail() || !s.SendsMail() {
		t.Error("who sends mail says otherwise")
	}
}

// A mail of a transfer that nobody can fetch any more is not queued, and one that waits
// fails.
func TestMailOfWhatIsSpent(t *testing.T) {
	s := open(t, mails())
	id := stores(t, s, 1)
	if _, err := queue(t, s, id, "waits", "a@example.org"); err != nil {
		t.Fatal(err)
	}
	if err := claim(t, s, id, 1); err != nil {
		t.Fatal(err)
	}
	if err := s.Commit(t.Context(), id, stored.ClaimID{1}); err != nil {
		t.Fatal(err)
	}
	_, err := queue(t, s, id, "n", "a@example.org")
	wantError(t, "a mail of what is spent", err, stored.ErrSpent)
	wantNothing(t, "a mail of what is spent", s, id)
	if m := mailOf(t, s, id, "waits"); m.State != stored.MailFailed || !strings.Contains(m.Reason, "fetched") {
		t.Errorf("the mail is %+v", m)
	}
}

func TestMailLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := mails()
		c.Mails.PerClient, c.Mails.PerRecipient, c.Mails.PerDay = 3, 2, 5
		c.MaxLife = 100 * time.Hour
		s := open(t, c)
		id := stores(t, s, 1)
		if _, err := s.Extend(t.Context(), id, owner(), 100*time.Hour); err != nil {
			t.Fatal(err)
		}
		n := 0
		send := func(client, to string) error {
			n++
			q := mailRequest(fmt.Sprint(n), to)
			q.Client = client
			_, err := s.QueueMail(t.Context(), id, owner(), q)
			return err
		}
		wantError(t, "the first", send("a", "1@x.org"), nil)
		wantError(t, "the second to the same", send("b", "1@x.org"), nil)
		wantError(t, "the third to the same", send("c", "1@x.org"), stored.ErrMailQuota)
		wantError(t, "the second of a", send("a", "2@x.org"), nil)
		wantError(t, "the third of a", send("a", "3@x.org"), nil)
		wantError(t, "the fourth of a", send("a", "4@x.org"), stored.ErrMailQuota)
		wantError(t, "the fifth of all", send("d", "5@x.org"), nil)
		wantError(t, "the sixth of all", send("e", "6@x.org"), stored.ErrMailQuota)
		// A transfer that is gone takes nothing of the count with it.
		if err := s.Delete(t.Context(), id, owner()); err != nil {
			t.Fatal(err)
		}
		id = stores(t, s, 1)
		wantError(t, "after it was deleted", send("e", "6@x.org"), stored.ErrMailQuota)
		time.Sleep(24 * time.Hour)
		id = stores(t, s, 1)
		wantError(t, "on the next day", send("a", "1@x.org"), nil)
	})
}

// What was taken is nobody else's until its time is over; what became of it counts only
// if it is still of who took it.
func TestTakeAndSettle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, mails())
		id := stores(t, s, 1)
		if _, err := queue(t, s, id, "n", "a@example.org"); err != nil {
			t.Fatal(err)
		}
		due := func(want int) {
			t.Helper()
			if ids, err := s.Due(t.Context(), 10); err != nil || len(ids) != want {
				t.Errorf("%v are due, %v; want %d", ids, err, want)
			}
		}
		due(1)
		_, err := s.Take(t.Context(), id, false, time.Minute)
		wantError(t, "a mail that is not wanted", err, stored.ErrNothing)
		lost := take(t, s, id)
		if lost.Mail == nil || lost.Mail.To != "a@example.org" || lost.Mail.Note != "hello" || lost.Record.ID != id {
			t.Fatalf("the task is %+v", lost)
		}
		wantNothing(t, "at the same time", s, id)
		due(0)
		time.Sleep(time.Minute) // as if who had it was killed
		due(1)
		second := take(t, s, id)
		settle(t, s, lost, stored.Outcome{Reason: "too late"})
		if m := mailOf(t, s, id, "n"); m.State != stored.MailQueued {
			t.Errorf("the outcome of who had lost it counts: %+v", m)
		}
		settle(t, s, second, stored.Outcome{Reason: "greylisted", Again: time.Now().Add(time.Hour)})
		if m := mailOf(t, s, id, "n"); m.State != stored.MailQueued || m.Reason != "greylisted" || m.Failures != 1 {
			t.Errorf("the mail is %+v", m)
		}
		time.Sleep(59 * time.Minute)
		wantNothing(t, "too early", s, id)
		time.Sleep(time.Minute)
		third := take(t, s, id)
		settle(t, s, third, stored.Outcome{Again: time.Now(), Interrupted: true})
		third = take(t, s, id)
		if third.Mail.Failures != 1 {
			t.Errorf("an interrupted attempt counts: %+v", third.Mail)
		}
		settle(t, s, third, stored.Outcome{Done: true})
		settle(t, s, third, stored.Outcome{Reason: "again"})
		m := mailOf(t, s, id, "n")
		if m.State != stored.MailSent || m.Reason != "" || !m.Changed.Equal(time.Now()) || m.From+m.What+m.Note != "" {
			t.Errorf("the mail is %+v", m)
		}
		wantNothing(t, "when all is done", s, id)
		due(0)
	})
}

// A mail that waits for its time when the transfer expires goes with it.
func TestMailOfWhatExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, mails())
		id := stores(t, s, 1)
		if _, err := queue(t, s, id, "n", "a@example.org"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(24 * time.Hour)
		wantNothing(t, "when it has expired", s, id)
		if _, err := s.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if ids, err := s.Due(t.Context(), 10); err != nil || len(ids) != 0 {
			t.Errorf("%v are due, %v", ids, err)
		}
	})
}

func TestWrappedKey(t *testing.T) {
	s := open(t, stored.Config{})
	id := stores(t, s, 1)
	_, err := s.WrappedKey(t.Context(), id)
	wantError(t, "no key", err, stored.ErrUnknown)
	wantError(t, "somebody else's", s.PutWrappedKey(t.Context(), id, stored.Secret{9}, []byte("k")), stored.ErrUnknown)
	wantError(t, "an empty one", s.PutWrappedKey(t.Context(), id, owner(), nil), stored.ErrInvalid)
	wantError(t, "a large one", s.PutWrappedKey(t.Context(), id, owner(), make([]byte, stored.MaxWrappedKey+1)), stored.ErrInvalid)
	for _, key := range []string{"first", "second"} {
		if err := s.PutWrappedKey(t.Context(), id, owner(), []byte(key)); err != nil {
			t.Fatal(err)
		}
		if got, err := s.WrappedKey(t.Context(), id); err != nil || string(got) != key {
			t.Errorf("the key is %q, %v; want %q", got, err, key)
		}
	}
	_, err = s.WrappedKey(t.Context(), stored.NewID())
	wantError(t, "an unknown transfer", err, stored.ErrUnknown)
}
