package handshake

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// field is a range of a message and the errors that a change there may have.
type field struct {
	name string
	size int
	want []error
}

// hostileCase is one message of a handshake, as the side that it goes to sees
// it.
type hostileCase struct {
	name   string
	bytes  []byte
	old    []byte // the same message of an earlier run
	fields []field
	// with puts a message in the place of this one into an otherwise honest run.
	// It returns the first error of either side: nil means that both agreed.
	with func(t testing.TB, m []byte) error
	// wrong is the error that says that the peers do not share a secret.
	wrong error
	// reflected are messages that the side itself has sent in this run: as they
	// are, and changed to look like the one that it waits for.
	reflected []reflection
}

type reflection struct {
	name  string
	bytes []byte
	want  error
}

// hostileCases has every message of both handshakes.
func hostileCases(t testing.TB) []hostileCase {
	t.Helper()
	return append(codeCases(t, honestRun(t, 1), honestRun(t, 2)), resumeHostileCases(t, honestResume(t, 1), honestResume(t, 2))...)
}

func codeCases(t testing.TB, h, old run) []hostileCase {
	t.Helper()
	m1, err1 := wire.ParseM1(h.m1)
	m2, err2 := wire.ParseM2(h.m2)
	m3, err3 := wire.ParseM3(h.m3)
	m4, err4 := wire.ParseM4(h.m4)
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		t.Fatal(err)
	}
	senderRole := m1
	senderRole.Proposal = slices.Concat([]byte{byte(wire.RoleSender)}, m1.Proposal[1:])
	receiverRole := m2
	receiverRole.Choice = slices.Concat([]byte{byte(wire.RoleReceiver)}, m2.Choice[1:])
	ownShare := wire.M2{Share: m1.Share, Choice: m2.Choice}
	with := func(f func(testing.TB, run, []byte) error) func(testing.TB, []byte) error {
		return func(t testing.TB, m []byte) error { t.Helper(); return f(t, h, m) }
	}
	return []hostileCase{
		{"M1", h.m1, old.m1, m1Fields(), with(withM1), ErrWrongCode, []reflection{
			{"the sender's role", senderRole.Append(nil), ErrReflected},
		}},
		{"M2", h.m2, old.m2, m2Fields(), with(withM2), ErrWrongCode, []reflection{
			{"M1", h.m1, wire.ErrMalformed},
			{"the receiver's own share", ownShare.Append(nil), ErrReflected},
			{"the receiver's own role", receiverRole.Append(nil), ErrReflected},
		}},
		{"M3", h.m3, old.m3, m3Fields(), with(withM3), ErrWrongCode, []reflection{
			{"M2", h.m2, wire.ErrMalformed},
			{"the sender's own confirmation", wire.M3{Confirmation: m4.Confirmation, Opening: m3.Opening}.Append(nil), ErrWrongCode},
		}},
		{"M4", h.m4, old.m4, m4Fields(), with(withM4), ErrWrongCode, []reflection{
			{"M3", h.m3, wire.ErrMalformed},
			{"M1", h.m1, wire.ErrMalformed},
			{"the receiver's own confirmation", wire.M4{Confirmation: m3.Confirmation}.Append(nil), ErrReflected},
		}},
	}
}

func resumeHostileCases(t testing.TB, h, old resumeRun) []hostileCase {
	t.Helper()
	q1, err1 := wire.ParseQ1(h.q1)
	q2, err2 := wire.ParseQ2(h.q2)
	q3, err3 := wire.ParseQ3(h.q3)
	if err := errors.Join(err1, err2, err3); err != nil {
		t.Fatal(err)
	}
	ownNonce := q2
	ownNonce.Nonce = q1.Nonce
	with := func(f func(testing.TB, resumeRun, []byte) error) func(testing.TB, []byte) error {
		return func(t testing.TB, m []byte) error { t.Helper(); return f(t, h, m) }
	}
	return []hostileCase{
		{"Q1", h.q1, old.q1, q1Fields(), with(withQ1), ErrWrongPeer, []reflection{
			{"Q2", h.q2, wire.ErrMalformed},
		}},
		{"Q2", h.q2, old.q2, q2Fields(), with(withQ2), ErrWrongPeer, []reflection{
			{"Q1", h.q1, wire.ErrMalformed},
			{"the receiver's own nonce", ownNonce.Append(nil), ErrReflected},
		}},
		{"Q3", h.q3, old.q3, q3Fields(), with(withQ3), ErrWrongPeer, []reflection{
			{"Q2", h.q2, wire.ErrMalformed},
			{"the sender's own confirmation", wire.Q3{Confirmation: q2.Confirmation, Opening: q3.Opening}.Append(nil), ErrReflected},
		}},
	}
}

// One bit of every byte of every message: no side agrees.
func TestHostileFlippedByte(t *testing.T) {
	for _, c := range hostileCases(t) {
		if err := c.with(t, c.bytes); err != nil {
			t.Fatalf("%s as it was: %v", c.name, err)
		}
		offset := 0
		for _, f := range c.fields {
			for end := offset + f.size; offset < end; offset++ {
				changed := slices.Clone(c.bytes)
				changed[offset] ^= 1 << (offset % 8)
				err := c.with(t, changed)
				if !slices.ContainsFunc(f.want, func(want error) bool { return errors.Is(err, want) }) {
					t.Errorf("%s, %s, byte %d: %v, want one of %v", c.name, f.name, offset, err, f.want)
				}
			}
		}
		if offset != len(c.bytes) {
			t.Errorf("%s: %d bytes of %d were changed", c.name, offset, len(c.bytes))
		}
	}
}

func TestHostileTruncatedOrLonger(t *testing.T) {
	for _, c := range hostileCases(t) {
		for n := range len(c.bytes) {
			if err := c.with(t, c.bytes[:n]); !isMalformed(err) {
				t.Errorf("%d bytes of %s: %v, want ErrMalformed", n, c.name, err)
			}
		}
		if err := c.with(t, append(slices.Clone(c.bytes), 0)); !isMalformed(err) {
			t.Errorf("%s and a byte: %v, want ErrMalformed", c.name, err)
		}
	}
}

// Messages go back to the side that sent them.
func TestHostileReflection(t *testing.T) {
	for _, c := range hostileCases(t) {
		for _, r := range c.reflected {
			if err := c.with(t, r.bytes); !errors.Is(err, r.want) {
				t.Errorf("%s in place of %s: %v, want %v", r.name, c.name, err, r.want)
			}
		}
	}
}

// A message of an earlier run, with the same secret and between the same
// processes, is worth nothing.
func TestHostileReplay(t *testing.T) {
	for _, c := range hostileCases(t) {
		if err := c.with(t, c.old); !errors.Is(err, c.wrong) {
			t.Errorf("old %s: %v, want %v", c.name, err, c.wrong)
		}
	}
}

// Every other message, of both handshakes, in the place of each.
func TestHostileOrder(t *testing.T) {
	cases := hostileCases(t)
	for _, c := range cases {
		for _, other := range cases {
			if other.name == c.name {
				continue
			}
			if err := c.with(t, other.bytes); !isMalformed(err) {
				t.Errorf("%s in place of %s: %v, want ErrMalformed", other.name, c.name, err)
			}
		}
	}
}

// An abort in place of any message ends the run with the peer's reason.
func TestHostileAbort(t *testing.T) {
	for _, c := range hostileCases(t) {
		for reason, want := range map[wire.AbortReason]error{
			wire.AbortWrongCode: ErrWrongCode, wire.AbortVersion: ErrVersion, wire.AbortMalformed: nil, wire.AbortRefused: nil,
			wire.AbortWrongPeer: ErrWrongPeer, wire.AbortStale: ErrStale, 77: nil,
		} {
			err := c.with(t, wire.HandshakeAbort{Reason: reason}.Append(nil))
			abort, ok := errors.AsType[*AbortError](err)
			if !ok || abort.Reason != reason || (want != nil && !errors.Is(err, want)) {
				t.Errorf("%v in place of %s: %v", reason, c.name, err)
			}
		}
	}
}

// Every error of a hostile message has an abort for the peer, except an abort of
// its own.
func TestHostileMessagesAreAnswered(t *testing.T) {
	for _, c := range hostileCases(t) {
		for _, m := range [][]byte{nil, c.bytes[:1], c.old, slices.Concat(c.bytes, []byte{0})} {
			err := c.with(t, m)
			abort, parseErr := wire.ParseHandshakeAbort(AbortMessage(err))
			if err == nil || parseErr != nil || abort.Reason == wire.AbortRefused {
				t.Errorf("%s: %v is answered with %v, %v", fmt.Sprintf("%s of %d bytes", c.name, len(m)), err, abort.Reason, parseErr)
			}
		}
	}
}
