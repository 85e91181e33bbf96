package devices

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"
)

// end is a device without a store.
type end struct {
	t *testing.T
	*device
}

func pairEnds(t *testing.T) (a, b end) {
	t.Helper()
	invites, err := Invite("a", "relay", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	accepts, _, err := Accept(invites.Invitation, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return end{t, invites.device}, end{t, accepts.device}
}

// sealed is a note on its way.
type sealed struct {
	slot  Slot
	bytes []byte
	code  string
}

func (e end) says(format string, args ...any) sealed {
	e.t.Helper()
	code := fmt.Sprintf(format, args...)
	slot, b, err := e.seal(Note{Kind: KindInvite, Code: code})
	if err != nil {
		e.t.Fatal(err)
	}
	return sealed{slot, b, code}
}

// looks reports whether a note would be found.
func (e end) looks(n sealed) bool { return slices.Contains(e.In.waiting(), n.slot) }

func (e end) hears(n sealed) {
	e.t.Helper()
	found := e.In.find(n.slot)
	if !e.looks(n) || found < 0 {
		e.t.Fatalf("it does not look where %q lies", n.code)
	}
	if got, err := e.open(found, n.slot, n.bytes, time.Now()); err != nil || got.Code != n.code {
		e.t.Fatalf("%q, %v; want %q", got.Code, err, n.code)
	}
}

// A relay may lose any number of notes and answers: the next note is heard, and so is
// its answer.
func TestAllNotesAreLost(t *testing.T) {
	for _, before := range []int{0, 1, 15, 31, 32, 33, 50} {
		a, b := pairEnds(t)
		for n := range before {
			b.hears(a.says("%d", n))
			b.says("lost")
		}
		var early sealed
		for n := range 35 {
			early = a.says("lost %d", n)
			b.says("lost")
		}
		last := a.says("last")
		if last.slot != early.slot {
			t.Error("a slot more is used, of which the other device knows nothing")
		}
		b.hears(last)
		if _, err := b.open(spare, last.slot, last.bytes, time.Now()); err == nil {
			t.Fatal("a note was heard twice")
		}
		a.hears(b.says("answer"))
		b.hears(early) // which the relay had kept back
		for n := range window + 2 {
			note := a.says("%d", n)
			if note.slot == last.slot {
				t.Fatalf("after %d and %d notes the spare slot is used", before, n)
			}
			b.hears(note)
			a.hears(b.says("back"))
		}
	}
}

// If some of the notes were heard and all answers are lost, it does not matter which.
func TestAllAnswersAreLost(t *testing.T) {
	for _, heard := range [][]int{nil, {0}, {31}, {0, 1, 2}, {15}, {16}, {14, 17}, {31, 30, 20}} {
		a, b := pairEnds(t)
		for round := range 5 {
			var all []sealed
			for n := range window {
				all = append(all, a.says("%d", n))
			}
			for _, n := range heard {
				b.hears(all[n])
				b.says("lost")
			}
			for again := range 3 {
				b.hears(a.says("%d, %d", round, again))
			}
			a.hears(b.says("heard"))
			for n := range 9 * round { // so that they do not always begin at the same number
				b.hears(a.says("%d", n))
			}
			a.hears(b.says("heard"))
		}
	}
}

// What is said again in another slot, as the relay says that the first one is taken, is not
// acted upon twice.
func TestSaidTwice(t *testing.T) {
	a, b := pairEnds(t)
	for range 2 {
		b.hears(a.says("the same"))
	}
	b.hears(a.says("another"))
	if len(b.Waiting) != 2 || b.Waiting[0].Note.Code != "the same" || b.Waiting[1].Note.Code != "another" {
		t.Errorf("%+v", b.Waiting)
	}
}

// The other device is not trusted with how far this one goes.
func TestNumbersThatAreFarAway(t *testing.T) {
	a, b := pairEnds(t)
	for range window {
		a.says("lost")
	}
	a.In.N, a.Out.N = 1<<40, a.Out.N+1<<40
	note := a.says("far")
	if _, err := b.open(b.In.find(note.slot), note.slot, note.bytes, time.Now()); !errors.Is(err, ErrCopied) {
		t.Error(err)
	}
	if b.Out.N != maxSkip || b.In.N != window {
		t.Errorf("it went on to %d and %d", b.Out.N, b.In.N)
	}
}
