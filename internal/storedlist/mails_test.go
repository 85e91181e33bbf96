package storedlist

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

func mailsOf(t *testing.T, s *Store, transfer int64) []Mail {
	t.Helper()
	mails, err := s.Mails(t.Context(), transfer)
	if err != nil {
		t.Fatal(err)
	}
	return mails
}

// Mails are those of their transfer, outlive their process, and go with the transfer.
func TestMails(t *testing.T) {
	dir := t.TempDir()
	now := time.Now()
	s := openIn(t, dir, func() time.Time { return now })
	a := add(t, s, Entry{Until: now.Add(time.Hour), Data: []byte("a")}).Entry().Number
	b := add(t, s, Entry{Until: now.Add(time.Hour), Data: []byte("b")}).Entry().Number
	at := time.Unix(1_800_000_000, 0).UTC()
	first := Mail{Name: "00", To: "ana@example.org", Note: "hello", Queued: at, State: MailQueued, Next: at}
	second := Mail{Name: "01", To: "bo@example.org", Relay: true, From: "Bo", Queued: at, State: MailQueued}
	if err := s.AddMails(t.Context(), a, []Mail{first, second}); err != nil {
		t.Fatal(err)
	}
	if err := s.AddMails(t.Context(), b, []Mail{second}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil { // as if it was killed: everything is committed
		t.Fatal(err)
	}
	s = openIn(t, dir, func() time.Time { return now })
	got := mailsOf(t, s, a)
	first.Number, first.Transfer, second.Number, second.Transfer = 1, a, 2, a
	if !slices.Equal(got, []Mail{first, second}) {
		t.Fatalf("the mails are %+v, want %+v and %+v", got, first, second)
	}
	got[0].State, got[0].Failures, got[0].Reason, got[0].Next = MailQueued, 3, "busy", at.Add(time.Minute)
	if err := s.SaveMail(t.Context(), got[0]); err != nil {
		t.Fatal(err)
	}
	if again := mailsOf(t, s, a); again[0] != got[0] || again[1] != second {
		t.Errorf("the mails are %+v", again)
	}
	if err := s.Remove(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	if err := s.SaveMail(t.Context(), got[0]); err != nil || len(mailsOf(t, s, a)) != 0 {
		t.Errorf("what was removed is back, %v", err)
	}
	if left := mailsOf(t, s, b); len(left) != 1 || left[0].To != "bo@example.org" {
		t.Errorf("of the other one: %+v", left)
	}
	now = now.Add(Retention + 2*time.Hour)
	if len(list(t, s)) != 0 || len(mailsOf(t, s, b)) != 0 {
		t.Error("what has expired is still there")
	}
	if err := s.AddMails(t.Context(), b, []Mail{first, {Note: string(make([]byte, maxData))}}); !errors.Is(err, errTooLong) || len(mailsOf(t, s, b)) != 0 {
		t.Errorf("too much: %v", err)
	}
}

// One process sends the mails about a transfer at a time.
func TestLockMails(t *testing.T) {
	dir := t.TempDir()
	s, other := openIn(t, dir, nil), openIn(t, dir, nil)
	lock := func(s *Store, transfer int64, want bool) func() {
		t.Helper()
		unlock, ok, err := s.LockMails(transfer)
		if err != nil || ok != want {
			t.Fatalf("locked: %v, %v; want %v", ok, err, want)
		}
		return unlock
	}
	unlock := lock(s, 1, true)
	lock(other, 1, false)
	lock(other, 2, true)()
	unlock()
	lock(other, 1, true)()
	// A lock of mails is none of an upload.
	unlock = lock(s, 1, true)
	add(t, other, Entry{Until: time.Now().Add(time.Hour)})
	if all := list(t, s); len(all) != 1 || !all[0].Running {
		t.Errorf("the list is %+v", all)
	}
	unlock()
}

// No file has anything of a mail in the clear.
func TestMailsAreSealed(t *testing.T) {
	dir := t.TempDir()
	s := openIn(t, dir, nil)
	err := s.AddMails(t.Context(), 1, []Mail{{Name: "secret-name", To: "ana@secret.example", Note: "secret-note", Reason: "secret-reason"}})
	if err != nil {
		t.Fatal(err)
	}
	files := 0
	err = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files++
		b, err := os.ReadFile(path)
		if bytes.Contains(b, []byte("secret")) {
			t.Errorf("%s has it in the clear", path)
		}
		return err
	})
	if err != nil || files < 2 {
		t.Fatal(files, err)
	}
}
