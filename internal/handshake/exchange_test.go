package handshake

import (
	"errors"
	"slices"
	"testing"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// pairs returns both sides of each kind of handshake: first the one that sends
// the first message, then the one that answers.
func pairs(t testing.TB) map[string][2]Exchange {
	t.Helper()
	receiver, err := NewReceiver(params(1))
	if err != nil {
		t.Fatal(err)
	}
	sender, err := NewSender(params(2))
	if err != nil {
		t.Fatal(err)
	}
	resumer, err := NewResumer(resumeParams(3), testIncarnation())
	if err != nil {
		t.Fatal(err)
	}
	acceptor, err := NewResumeAcceptor(resumeParams(4))
	if err != nil {
		t.Fatal(err)
	}
	return map[string][2]Exchange{"code": {receiver, sender}, "resumption": {resumer, acceptor}}
}

// drive passes messages between both sides until neither has a reply. It returns
// the results and the first error.
func drive(a, b Exchange) (ofA, ofB *Result, err error) {
	m, err := a.Start()
	if err != nil {
		return nil, nil, err
	}
	for m != nil {
		var result *Result
		if m, result, err = b.Handle(m); err != nil {
			return ofA, ofB, err
		}
		if result != nil {
			ofB = result
		}
		if m == nil {
			return ofA, ofB, nil
		}
		if m, result, err = a.Handle(m); err != nil {
			return ofA, ofB, err
		}
		if result != nil {
			ofA = result
		}
	}
	return ofA, ofB, nil
}

func TestExchange(t *testing.T) {
	for name, pair := range pairs(t) {
		a, b, err := drive(pair[0], pair[1])
		must(t, err)
		if a == nil || b == nil {
			t.Fatalf("%s: the results are %v and %v", name, a, b)
		}
		if !slices.Equal(allSecrets(t, a.Secrets), allSecrets(t, b.Secrets)) {
			t.Errorf("%s: the two sides have different secrets", name)
		}
		if a.Incarnation != b.Incarnation || a.Incarnation == [16]byte{} || a.Generation != b.Generation {
			t.Errorf("%s: %x, %d and %x, %d", name, a.Incarnation, a.Generation, b.Incarnation, b.Generation)
		}
		if first := a.Generation == 0; first != (name == "code") {
			t.Errorf("%s: generation %d", name, a.Generation)
		}
	}
}

// The session of a code handshake is resumed again and again by the same two
// exchanges.
func TestExchangeResumesTheCodeHandshake(t *testing.T) {
	pair := pairs(t)["code"]
	first, _, err := drive(pair[0], pair[1])
	must(t, err)
	p := ResumeParams{Secret: first.Secrets.ResumeSecret(), Room: first.Secrets.ResumeRoom()}
	resumer, err := NewResumer(p, first.Incarnation)
	must(t, err)
	acceptor, err := NewResumeAcceptor(p)
	must(t, err)
	for want := range uint32(3) {
		_, b, err := drive(resumer, acceptor)
		must(t, err)
		if b.Generation != want+1 || b.Incarnation != first.Incarnation {
			t.Errorf("resumed %x, generation %d; want %x, %d", b.Incarnation, b.Generation, first.Incarnation, want+1)
		}
	}
}

func TestExchangeBurnsTheCodeOnce(t *testing.T) {
	for name, pair := range pairs(t) {
		if pair[0].BurnsCode() {
			t.Errorf("%s: the side that begins burns the code", name)
		}
		if got := pair[1].BurnsCode(); got != (name == "code") {
			t.Errorf("%s: BurnsCode is %v", name, got)
		}
		_, _, _ = pair[1].Handle([]byte("whatever it holds"))
		if pair[1].BurnsCode() {
			t.Errorf("%s: a second message burns the code", name)
		}
	}
}

func TestExchangeInterrupted(t *testing.T) {
	for name, pair := range pairs(t) {
		for _, side := range pair {
			if err := side.Interrupted(); err != nil {
				t.Errorf("%s: %v before the first message", name, err)
			}
		}
		m, err := pair[0].Start()
		must(t, err)
		_, _, err = pair[1].Handle(m)
		must(t, err)
		for _, side := range pair {
			err := side.Interrupted()
			if errors.Is(err, ErrInterrupted) != (name == "code") || (err != nil && name != "code") {
				t.Errorf("%s: %v after the first message", name, err)
			}
		}
		if name == "code" {
			if _, err := pair[0].Start(); !errors.Is(err, ErrOrder) {
				t.Errorf("a second M1: %v, want ErrOrder", err)
			}
			continue
		}
		_, b, err := drive(pair[0], pair[1])
		must(t, err)
		if b.Generation != 2 {
			t.Errorf("generation %d after an interruption, want 2", b.Generation)
		}
	}
}

// A message that comes before the run, as a late one of another run does, is no
// reason to end it.
func TestExchangeIgnoresMessagesBeforeItsRun(t *testing.T) {
	for name, pair := range pairs(t) {
		reply, result, err := pair[0].Handle([]byte("late"))
		if !errors.Is(err, ErrOrder) || reply != nil || result != nil {
			t.Errorf("%s: %x, %v, %v; want ErrOrder", name, reply, result, err)
		}
		if _, _, err := drive(pair[0], pair[1]); err != nil {
			t.Errorf("%s, afterwards: %v", name, err)
		}
	}
}

// Where the receiver lost its connection and the sender has not noticed, a new Q1
// takes the place of Q3.
func TestExchangeTakesAnotherQ1(t *testing.T) {
	pair := pairs(t)["resumption"]
	q1, err := pair[0].Start()
	must(t, err)
	_, _, err = pair[1].Handle(q1)
	must(t, err)
	must(t, pair[0].Interrupted())
	if _, b, err := drive(pair[0], pair[1]); err != nil || b.Generation != 2 {
		t.Errorf("%v, %v", b, err)
	}
	q1, err = pair[0].Start()
	must(t, err)
	_, _, err = pair[1].Handle(q1)
	must(t, err)
	reply, result, err := pair[1].Handle(wire.Q3{}.Append(nil))
	if !errors.Is(err, ErrWrongPeer) || reply != nil || result != nil {
		t.Errorf("a wrong Q3: %x, %v, %v", reply, result, err)
	}
	if _, b, err := drive(pair[0], pair[1]); err != nil || b.Generation != 4 {
		t.Errorf("%v, %v", b, err)
	}
}
