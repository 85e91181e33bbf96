package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tallow-transfer/tallow/internal/mail"
	"github.com/tallow-transfer/tallow/internal/mail/mailtest"
	"github.com/tallow-transfer/tallow/internal/storedlist"
	"github.com/tallow-transfer/tallow/internal/vault/devicekey"
	"github.com/tallow-transfer/tallow/pkg/tallow"
)

// mailTrace is a mail account, a relay and a teller in one. It notes what happens, and
// when.
type mailTrace struct {
	began time.Time
	lines []string
	fail  []error        // of the next attempts
	sent  []mail.Message // all attempts
	relay tallow.StoredMailState
	known []tallow.StoredMailState // what the relay says later
}

func (f *mailTrace) note(format string, args ...any) {
	f.lines = append(f.lines, fmt.Sprintf("%v: ", time.Since(f.began).Round(time.Second))+fmt.Sprintf(format, args...))
}

func (f *mailTrace) next() error {
	if len(f.fail) == 0 {
		return nil
	}
	err := f.fail[0]
	f.fail = f.fail[1:]
	return err
}

func (f *mailTrace) Send(ctx context.Context, m mail.Message) error {
	f.sent = append(f.sent, m)
	f.note("send to %s", m.To)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return f.next()
}

func (f *mailTrace) PutStoredWords(_ context.Context, s tallow.Stored) error {
	f.note("put %d words", len(s.Words))
	return f.next()
}

func (f *mailTrace) SendStoredMail(_ context.Context, _ tallow.Stored, m tallow.StoredMail) (tallow.StoredMailState, error) {
	f.note("hand over to %s, %s, %q", m.To, m.From, m.Note)
	return f.relay, f.next()
}

func (f *mailTrace) StoredMails(context.Context, tallow.Stored) ([]tallow.StoredMailState, error) {
	return f.known, f.next()
}

func (f *mailTrace) mail(_ storedlist.Entry, _ tallow.Stored, m storedlist.Mail, again time.Duration) {
	f.note("%s %s, again in %v", m.State, m.Reason, again)
}

func (f *mailTrace) words(s tallow.Stored) { f.note("tell %d words", len(s.Words)) }

func (f *mailTrace) wants(t *testing.T, lines ...string) {
	t.Helper()
	if !slices.Equal(f.lines, lines) {
		t.Errorf("it happened\n%s\nand not\n%s", strings.Join(f.lines, "\n"), strings.Join(lines, "\n"))
	}
	f.lines = nil
}

// queue returns a queue with a mail, which nobody keeps.
func (f *mailTrace) queue(m storedlist.Mail) *mailQueue {
	f.began = time.Now()
	m.Name, m.To, m.State, m.Queued, m.Next = tallow.NewMailName(), "bo@example.org", storedlist.MailQueued, f.began, f.began
	return &mailQueue{
		relay: f, teller: f, schedule: mail.DefaultSchedule(),
		account: func() (mailAccount, error) {
			return mailAccount{sender: f, from: mail.Mailbox{Name: "Ana", Address: "ana@example.org"}}, nil
		},
		stored: tallow.Stored{Link: "https://relay.example/d/00#key", Expires: f.began.Add(48 * time.Hour), Complete: true},
		mails:  []storedlist.Mail{m},
	}
}

var (
	errLater   = &mail.Error{Kind: mail.KindTemporary, Text: "later"}
	errRefused = &mail.Error{Kind: mail.KindRefused, Text: "no such user"}
	errSetup   = &mail.Error{Kind: mail.KindSetup, Text: "wrong password"}
)

func TestMailIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &mailTrace{fail: []error{errLater, errLater, errLater}}
		q := f.queue(storedlist.Mail{Note: "hello"})
		if err := q.run(t.Context(), 10*time.Minute); err != nil || q.verdict() != nil {
			t.Error(err, q.verdict())
		}
		f.wants(
			t, "0s: send to bo@example.org", "0s: queued later, again in 1m0s", "1m0s: send to bo@example.org", "1m0s: queued later, again in 2m0s",
			"3m0s: send to bo@example.org", "3m0s: queued later, again in 5m0s", "8m0s: send to bo@example.org", "8m0s: sent , again in 0s",
		)
		for _, m := range f.sent {
			if m != f.sent[0] || !strings.Contains(m.Text, "https://relay.example/d/00#key") || !strings.Contains(m.Text, "hello") {
				t.Errorf("an attempt sends %+v, and the first one %+v", m, f.sent[0])
			}
		}
	})
}

// What cannot be sent within the patience is left for another command, and is not tried
// before its time there either.
func TestMailWaitsForAnotherCommand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &mailTrace{fail: []error{errLater, errLater}}
		q := f.queue(storedlist.Mail{})
		if err := q.run(t.Context(), 2*time.Minute); err != nil {
			t.Error(err)
		}
		f.wants(
			t, "0s: send to bo@example.org", "0s: queued later, again in 1m0s",
			"1m0s: send to bo@example.org", "1m0s: queued later, again in 0s",
		)
		var e *tallow.Error
		if err := q.verdict(); !errors.As(err, &e) || e.Reason != tallow.ReasonMailFailed { // nobody keeps it
			t.Errorf("%v", err)
		}
		if err := q.run(t.Context(), 0); err != nil || q.verdict() != nil {
			t.Error(err, q.verdict())
		}
		f.wants(t)
		time.Sleep(2 * time.Minute)
		if err := q.run(t.Context(), 0); err != nil || q.verdict() != nil {
			t.Error(err, q.verdict())
		}
		f.wants(t, "3m0s: send to bo@example.org", "3m0s: sent , again in 0s")
	})
}

func TestMailIsGivenUp(t *testing.T) {
	for name, tt := range map[string]struct {
		fail     error
		patience time.Duration
		state    storedlist.MailState
		attempts int
	}{
		"refused":         {errRefused, time.Hour, storedlist.MailFailed, 1},
		"settings":        {errSetup, time.Hour, storedlist.MailQueued, 1},
		"for a day":       {errLater, 48 * time.Hour, storedlist.MailFailed, 29},
		"for an hour":     {errLater, time.Hour, storedlist.MailQueued, 6},
		"an unknown one":  {errors.New("strange"), 90 * time.Second, storedlist.MailQueued, 2},
		"without waiting": {errLater, 0, storedlist.MailQueued, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &mailTrace{fail: slices.Repeat([]error{tt.fail}, 100)}
				q := f.queue(storedlist.Mail{})
				if err := q.run(t.Context(), tt.patience); err != nil {
					t.Error(err)
				}
				if q.mails[0].State != tt.state || len(f.sent) != tt.attempts || q.mails[0].Reason == "" {
					t.Errorf("%+v after %d attempts", q.mails[0], len(f.sent))
				}
				if err := q.verdict(); err == nil || !strings.Contains(err.Error(), "bo@example.org") {
					t.Errorf("the verdict is %v", err)
				}
			})
		})
	}
}

// A person who ends the command loses no mail, and one that is good for nothing is not
// sent.
func TestMailOfAnEndedCommand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &mailTrace{fail: []error{errLater, errLater}}
		q := f.queue(storedlist.Mail{})
		ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
		defer cancel()
		if err := q.run(ctx, time.Hour); !errors.Is(err, context.DeadlineExceeded) || !due(q.mails[0]) {
			t.Errorf("%v, %+v", err, q.mails[0])
		}
		failures := q.mails[0].Failures
		q.mails[0].Next = time.Now()
		if err := q.run(ctx, time.Hour); !errors.Is(err, context.DeadlineExceeded) || !due(q.mails[0]) || q.mails[0].Failures != failures {
			t.Errorf("%v, %+v", err, q.mails[0])
		}
		f.lines = nil
		q.over = "the relay does not have it any more"
		if err := q.run(t.Context(), 0); err != nil {
			t.Error(err)
		}
		f.wants(t, "1m30s: failed the relay does not have it any more, again in 0s")

		q = f.queue(storedlist.Mail{})
		q.stored.Expires = time.Now()
		if err := q.run(t.Context(), time.Hour); err != nil {
			t.Error(err)
		}
		f.wants(t, "0s: failed what is stored has expired, again in 0s")
	})
}

func TestMailByRelay(t *testing.T) {
	away := &tallow.Error{Kind: tallow.KindNetwork, Reason: tallow.ReasonRelayUnreachable, Detail: "x"}
	quota := &tallow.Error{Kind: tallow.KindNetwork, Reason: tallow.ReasonMailQuota}
	rate := &tallow.Error{Kind: tallow.KindNetwork, Reason: tallow.ReasonRelayRate, RetryAfter: 3 * time.Second}
	synctest.Test(t, func(t *testing.T) {
		f := &mailTrace{fail: []error{away}, relay: tallow.StoredMailState{State: tallow.MailQueued}}
		q := f.queue(storedlist.Mail{Relay: true, From: "Ana", Note: "hi"})
		if err := q.run(t.Context(), time.Hour); err != nil || q.verdict() != nil || !q.mails[0].Handed {
			t.Error(err, q.verdict(), q.mails)
		}
		reason := failureOf(away).message
		f.wants(
			t, "0s: put 7 words", "0s: queued "+reason+", again in 1m0s", "1m0s: put 7 words", "1m0s: tell 7 words",
			`1m0s: hand over to bo@example.org, Ana, "hi"`, "1m0s: queued , again in 0s",
		)
		// It has it: nothing is handed over again, and its state is the relay's.
		f.known = []tallow.StoredMailState{{Name: q.mails[0].Name, State: tallow.MailFailed, Reason: "no such user"}, {Name: "other", State: tallow.MailSent}}
		if err := errors.Join(q.run(t.Context(), time.Hour), q.refresh(t.Context())); err != nil || q.mails[0].State != storedlist.MailFailed {
			t.Error(err, q.mails)
		}
		f.wants(t)
	})
	for _, tt := range []struct {
		err   error
		state storedlist.MailState
		next  time.Duration
	}{
		{quota, storedlist.MailQueued, time.Hour},
		{rate, storedlist.MailQueued, 3 * time.Second},
		{&tallow.Error{Kind: tallow.KindNetwork, Reason: tallow.ReasonMailOff}, storedlist.MailFailed, 0},
		{&tallow.Error{Kind: tallow.KindUsage, Reason: tallow.ReasonMailAddress}, storedlist.MailFailed, 0},
		{&tallow.Error{Kind: tallow.KindCode, Reason: tallow.ReasonStoredUnknown}, storedlist.MailFailed, 0},
		{&tallow.Error{Kind: tallow.KindNetwork, Reason: tallow.ReasonStoreBroken}, storedlist.MailQueued, time.Minute},
	} {
		synctest.Test(t, func(t *testing.T) {
			f := &mailTrace{fail: []error{nil, tt.err}}
			q := f.queue(storedlist.Mail{Relay: true})
			if err := q.run(t.Context(), 0); err != nil || q.verdict() == nil {
				t.Error(err, q.verdict())
			}
			m := q.mails[0]
			if m.State != tt.state || m.State == storedlist.MailQueued && time.Until(m.Next) != tt.next {
				t.Errorf("%v: %+v", tt.err, m)
			}
		})
	}
}

// The words are on the disk before the relay has the key under them, and stay the same.
func TestWordsAreKeptFirst(t *testing.T) {
	dir := t.TempDir()
	key, err := devicekey.Store{Dir: dir, NoKeyring: errKeyringOff}.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	list, err := storedlist.Open(t.Context(), filepath.Join(dir, "stored"), key.Key, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer list.Close()
	f := &mailTrace{fail: []error{errors.New("killed")}, relay: tallow.StoredMailState{State: tallow.MailQueued}}
	q := f.queue(storedlist.Mail{Relay: true})
	e, err := encodeStored(storedlist.Entry{}, q.stored)
	if err != nil {
		t.Fatal(err)
	}
	r, err := list.Add(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	number := r.Entry().Number
	if err := list.AddMails(t.Context(), number, q.mails); err != nil {
		t.Fatal(err)
	}
	var kept [][]string
	for range 2 {
		q = f.queue(storedlist.Mail{})
		q.list, q.entry.Number = list, number
		if err := q.run(t.Context(), 0); err != nil {
			t.Fatal(err)
		}
		e, err := list.Get(t.Context(), number)
		if err != nil {
			t.Fatal(err)
		}
		s, err := decodeStored(e)
		if err != nil {
			t.Fatal(err)
		}
		kept = append(kept, s.Words)
		mails, err := list.Mails(t.Context(), number)
		if err != nil || len(mails) != 1 {
			t.Fatal(mails, err)
		}
		mails[0].Next = time.Now()
		if err := list.SaveMail(t.Context(), mails[0]); err != nil {
			t.Fatal(err)
		}
	}
	if len(kept[0]) != 7 || !slices.Equal(kept[0], kept[1]) || !q.mails[0].Handed {
		t.Errorf("the words are %q, the mails %+v", kept, q.mails)
	}
}

// An account at Resend sends the same mail once, also when the answer was lost.
func TestMailByResend(t *testing.T) {
	server := mailtest.StartResend(t, "key", nil)
	f := &mailTrace{}
	q := f.queue(storedlist.Mail{Note: "hello"})
	q.account = func() (mailAccount, error) {
		return mailAccount{sender: &mail.Resend{Key: "key", URL: server.URL}, from: mail.Mailbox{Address: "ana@example.org"}}, nil
	}
	for range 2 {
		q.mails[0].State = storedlist.MailQueued // as it is if the process was killed at the end
		if err := q.run(t.Context(), 0); err != nil || q.mails[0].State != storedlist.MailSent {
			t.Fatal(err, q.mails)
		}
	}
	mails, requests := server.Mails(), server.Requests()
	if len(mails) != 1 || len(requests) != 2 || requests[0].Key == "" || requests[0].Key != requests[1].Key {
		t.Fatalf("%d mails of %+v", len(mails), requests)
	}
	if mails[0].To[0] != "bo@example.org" || !strings.Contains(mails[0].Text, q.stored.Link) {
		t.Errorf("the mail is %+v", mails[0])
	}
}

// The account is that of the settings, and what is missing is said.
func TestMailAccount(t *testing.T) {
	for _, tt := range []struct {
		env  string
		from string
		err  string
	}{
		{"", "", "there is no mail account"},
		{"TALLOW_SMTP=smtp://localhost:25?tls=off", "", "mail-from is missing"},
		{"TALLOW_SMTP=smtp://localhost:25?tls=off TALLOW_MAIL_FROM=a@b.example", "a@b.example", ""},
		{"TALLOW_RESEND_KEY=k TALLOW_MAIL_FROM=a@b.example", "a@b.example", ""},
		{"TALLOW_RESEND_KEY=k TALLOW_SMTP=smtp://localhost TALLOW_MAIL_FROM=a@b.example", "", "are both there"},
		{"TALLOW_SMTP=smtp://ana@localhost TALLOW_MAIL_FROM=a@b.example", "", "there is no password"},
		{"TALLOW_SMTP=smtp://ana@localhost TALLOW_SMTP_PASSWORD=p TALLOW_MAIL_FROM=a@b.example", "a@b.example", ""},
	} {
		env := make(map[string]string)
		for _, pair := range strings.Fields(tt.env) {
			name, value, _ := strings.Cut(pair, "=")
			env[name] = value
		}
		p := withEnvironment(env)
		p.settings = newPreferences(p)
		if err := p.settings.Load("", p.getenv); err != nil {
			t.Fatal(err)
		}
		a, err := p.mailAccount()
		if tt.err == "" && (err != nil || a.sender == nil || a.from.Address != tt.from) || tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)) {
			t.Errorf("%s: %+v, %v", tt.env, a, err)
		}
	}
}
