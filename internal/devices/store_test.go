package devices_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/internal/devices"
	"github.com/tallow-transfer/tallow/internal/vault/devicekey"
)

const relay = "https://relay.example"

func openStore(t *testing.T, dir string) *devices.Store {
	t.Helper()
	o, err := devicekey.Store{Dir: dir, NoKeyring: errors.New("a test")}.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s, err := devices.Open(t.Context(), filepath.Join(dir, "devices"), o.Key, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// pair makes two machines that know each other as laptop and phone.
func pair(t *testing.T) (laptop, phone *devices.Store) {
	t.Helper()
	laptop, phone = openStore(t, t.TempDir()), openStore(t, t.TempDir())
	pairStores(t, laptop, phone)
	return laptop, phone
}

func pairStores(t *testing.T, laptop, phone *devices.Store) {
	t.Helper()
	invites, err := devices.Invite("the laptop", relay, time.Now())
	must(t, err)
	accepts, name, err := devices.Accept(invites.Invitation, time.Now())
	must(t, err)
	if name != "the laptop" {
		t.Errorf("the other machine calls itself %q", name)
	}
	slot, message, err := accepts.Hello("the phone")
	must(t, err)
	must(t, phone.Add(t.Context(), accepts, "laptop"))
	if !slices.Contains(invites.Slots(), slot) {
		t.Error("nobody looks for the first note")
	}
	if name, err := invites.Confirm(slot, message, time.Now()); err != nil || name != "the phone" {
		t.Fatalf("%q, %v", name, err)
	}
	must(t, laptop.Add(t.Context(), invites, "phone"))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// letter is a note on its way.
type letter struct {
	slot  devices.Slot
	bytes []byte
}

func seal(t *testing.T, s *devices.Store, to, code string) letter {
	t.Helper()
	slot, b, err := s.Seal(t.Context(), to, devices.Note{Kind: devices.KindInvite, Code: code})
	must(t, err)
	return letter{slot, b}
}

func opens(t *testing.T, s *devices.Store, l letter, from, code string) {
	t.Helper()
	d, n, err := s.Open(t.Context(), l.slot, l.bytes)
	if err != nil || d.Name != from || n.Kind != devices.KindInvite || n.Code != code {
		t.Fatalf("%+v from %q, %v; want %q", n, d.Name, err, code)
	}
}

func refuses(t *testing.T, s *devices.Store, l letter) {
	t.Helper()
	if _, n, err := s.Open(t.Context(), l.slot, l.bytes); !errors.Is(err, devices.ErrNotOurs) {
		t.Fatalf("%+v, %v", n, err)
	}
}

// slots is how many slots a store looks at.
func slots(t *testing.T, s *devices.Store) []devices.Slot {
	t.Helper()
	at, err := s.Slots(t.Context())
	must(t, err)
	return at[relay]
}

func TestNotes(t *testing.T) {
	laptop, phone := pair(t)
	for n := range 40 {
		code := fmt.Sprint("code ", n)
		l := seal(t, laptop, "phone", code)
		if !slices.Contains(slots(t, phone), l.slot) {
			t.Fatal("the phone does not look there")
		}
		opens(t, phone, l, "laptop", code)
		refuses(t, phone, l)
		if n%5 == 0 {
			opens(t, laptop, seal(t, phone, "laptop", code), "phone", code)
		}
	}
	one, err := laptop.Get(t.Context(), "phone")
	must(t, err)
	other, err := phone.Get(t.Context(), "laptop")
	must(t, err)
	if one.Fingerprint != other.Fingerprint || one.Fingerprint == [32]byte{} {
		t.Error("the fingerprints are different")
	}
}

// The relay may lose notes, and deliver them in any order within the window.
func TestLostAndLateNotes(t *testing.T) {
	laptop, phone := pair(t)
	var all []letter
	for n := range 32 {
		all = append(all, seal(t, laptop, "phone", fmt.Sprint(n)))
	}
	opens(t, phone, all[3], "laptop", "3")
	opens(t, phone, all[0], "laptop", "0")
	opens(t, phone, all[31], "laptop", "31")
	refuses(t, phone, all[4]) // given up
	opens(t, phone, all[20], "laptop", "20")
	opens(t, laptop, seal(t, phone, "laptop", "heard"), "phone", "heard")
	opens(t, phone, seal(t, laptop, "phone", "again"), "laptop", "again")
}

// A machine that runs from an old copy of its state learns it from the first answer, and goes on behind
// what the other copy has said.
func TestOldCopy(t *testing.T) {
	dir, backup := t.TempDir(), t.TempDir()
	laptop, phone := openStore(t, dir), openStore(t, t.TempDir())
	pairStores(t, laptop, phone)
	opens(t, phone, seal(t, laptop, "phone", "one"), "laptop", "one")
	must(t, laptop.Close())
	must(t, os.CopyFS(backup, os.DirFS(dir)))
	laptop, old := openStore(t, dir), openStore(t, backup)
	for n := range 3 {
		opens(t, phone, seal(t, laptop, "phone", fmt.Sprint(n)), "laptop", fmt.Sprint(n))
	}
	answer := seal(t, phone, "laptop", "answer")
	if d, n, err := old.Open(t.Context(), answer.slot, answer.bytes); !errors.Is(err, devices.ErrCopied) || d.Name != "phone" || n.Code != "answer" {
		t.Errorf("%+v from %q, %v", n, d.Name, err)
	}
	next := seal(t, old, "phone", "from the copy")
	if !slices.Contains(slots(t, phone), next.slot) {
		t.Error("it used a slot that the other copy had used")
	}
}

// A relay that puts something else into a slot does no harm.
func TestHostileRelay(t *testing.T) {
	laptop, phone := pair(t)
	real := seal(t, laptop, "phone", "real")
	next := seal(t, laptop, "phone", "next")
	changed := bytes.Clone(real.bytes)
	changed[100] ^= 1
	for _, bad := range []letter{
		{real.slot, nil},
		{real.slot, make([]byte, 2000)},
		{real.slot, changed},
		{next.slot, real.bytes},
		{devices.Slot{}, real.bytes},
		seal(t, phone, "laptop", "back"),
	} {
		refuses(t, phone, bad)
	}
	opens(t, phone, real, "laptop", "real")
	opens(t, phone, next, "laptop", "next")
	refuses(t, phone, letter{real.slot, next.bytes})
}

func TestNames(t *testing.T) {
	laptop, phone := pair(t)
	ctx := t.Context()
	must(t, phone.Rename(ctx, "laptop", "desk"))
	desk := laptop
	laptop = openStore(t, t.TempDir())
	pairStores(t, laptop, phone)
	for _, bad := range []string{"", "-a", "a b", "a/b", "@work", string(make([]byte, 41))} {
		if err := phone.Rename(ctx, "desk", bad); !errors.Is(err, devices.ErrName) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if err := phone.Rename(ctx, "desk", "laptop"); !errors.Is(err, devices.ErrTaken) {
		t.Error(err)
	}
	must(t, phone.Rename(ctx, "laptop", "travel-1.b_c"))
	if err := phone.Rename(ctx, "laptop", "other"); !errors.Is(err, devices.ErrNoDevice) {
		t.Error(err)
	}
	opens(t, phone, seal(t, laptop, "phone", "hello"), "travel-1.b_c", "hello")
	opens(t, phone, seal(t, desk, "phone", "hello"), "desk", "hello")
	must(t, phone.SetRules(ctx, "desk", devices.Rules{Accept: true, Folder: "/in", MaxBytes: 5}))
	all, err := phone.List(ctx)
	if err != nil || len(all) != 2 || all[0].Name != "desk" || all[0].Rules != (devices.Rules{Accept: true, Folder: "/in", MaxBytes: 5}) || all[1].Heard.IsZero() {
		t.Errorf("%+v, %v", all, err)
	}
}

// What was removed has no access any more, also if it is paired anew.
func TestRemovedDevice(t *testing.T) {
	laptop, phone := pair(t)
	l := seal(t, laptop, "phone", "before")
	must(t, phone.Remove(t.Context(), "laptop"))
	refuses(t, phone, l)
	if len(slots(t, phone)) != 0 {
		t.Error("it still looks for notes")
	}
	if err := phone.Remove(t.Context(), "laptop"); !errors.Is(err, devices.ErrNoDevice) {
		t.Error(err)
	}
	must(t, laptop.Rename(t.Context(), "phone", "old"))
	pairStores(t, laptop, phone)
	refuses(t, phone, seal(t, laptop, "old", "after"))
	opens(t, phone, seal(t, laptop, "phone", "new"), "laptop", "new")
}

// Processes that share a store never use a number twice, nor open a note twice.
func TestSharedStore(t *testing.T) {
	dir := t.TempDir()
	laptop, phone := openStore(t, t.TempDir()), openStore(t, dir)
	pairStores(t, laptop, phone)
	other := openStore(t, dir)
	l := seal(t, laptop, "phone", "once")
	opens(t, other, l, "laptop", "once")
	refuses(t, phone, l)
	opens(t, laptop, seal(t, phone, "laptop", "one"), "phone", "one")
	opens(t, laptop, seal(t, other, "laptop", "two"), "phone", "two")
}

// Nothing of a device is in the clear in any file.
func TestSealed(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir)
	other := openStore(t, t.TempDir())
	pairStores(t, other, s)
	must(t, s.Rename(t.Context(), "laptop", "grandmothers-laptop"))
	must(t, s.SetRules(t.Context(), "grandmothers-laptop", devices.Rules{Folder: "/home/secret-folder"}))
	seen := 0
	must(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		seen += len(b)
		for _, secret := range []string{"grandmother", "secret-folder", "relay.example", "session"} {
			if bytes.Contains(b, []byte(secret)) {
				t.Errorf("%s has %q", path, secret)
			}
		}
		return err
	}))
	if seen < 4096 {
		t.Errorf("only %d bytes were looked at", seen)
	}
}

func FuzzAccept(f *testing.F) {
	p, err := devices.Invite("name", relay, time.Now())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(p.Invitation)
	f.Add([]byte(`{"tallow_device":1}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, _, err := devices.Accept(b, time.Now())
		if err != nil {
			return
		}
		if _, _, err := p.Hello("name"); err != nil {
			t.Error(err)
		}
	})
}

// What was opened waits until somebody acts upon it, also after a crash.
func TestWaiting(t *testing.T) {
	dir := t.TempDir()
	laptop, phone := openStore(t, t.TempDir()), openStore(t, dir)
	pairStores(t, laptop, phone)
	opens(t, phone, seal(t, laptop, "phone", "one"), "laptop", "one")
	opens(t, phone, seal(t, laptop, "phone", "two"), "laptop", "two")
	slot, b, err := laptop.Seal(t.Context(), "phone", devices.Note{Kind: devices.KindInvite, Code: "too late", Until: 1})
	must(t, err)
	opens(t, phone, letter{slot, b}, "laptop", "too late")
	slot, b, err = laptop.Seal(t.Context(), "phone", devices.Note{Kind: devices.KindHeard})
	must(t, err)
	_, _, err = phone.Open(t.Context(), slot, b)
	must(t, err)
	must(t, phone.Close())

	phone = openStore(t, dir)
	waiting, err := phone.Waiting(t.Context())
	if err != nil || len(waiting) != 2 || waiting[0].Note.Code != "one" || waiting[1].Note.Code != "two" || waiting[0].From.Name != "laptop" {
		t.Fatalf("%+v, %v", waiting, err)
	}
	must(t, phone.Done(t.Context(), waiting[0]))
	must(t, phone.Done(t.Context(), waiting[0]))
	if again, err := phone.Waiting(t.Context()); err != nil || len(again) != 1 || again[0].Note.Code != "two" {
		t.Errorf("%+v, %v", again, err)
	}
	must(t, phone.Remove(t.Context(), "laptop"))
	must(t, phone.Done(t.Context(), waiting[1]))
}
