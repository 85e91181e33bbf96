package handshake

import (
	"bytes"
	"errors"
	"testing"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// known reports whether err is one that the code handshake's methods document.
func known(err error) bool {
	if _, ok := errors.AsType[*AbortError](err); ok {
		return true
	}
	for _, want := range []error{wire.ErrMalformed, ErrVersion, ErrPoint, ErrReflected, ErrWrongCode, ErrOpening} {
		if errors.Is(err, want) {
			return true
		}
	}
	return false
}

func addSeeds(f *testing.F, messages ...[]byte) {
	f.Helper()
	for _, m := range messages {
		f.Add(m)
		f.Add(m[:len(m)/2])
		changed := bytes.Clone(m)
		changed[len(m)-1] ^= 1
		f.Add(changed)
	}
	f.Add([]byte{})
	f.Add(wire.HandshakeAbort{Reason: wire.AbortVersion}.Append(nil))
}

// Whatever M1 is, the sender answers or says why not, is burnt by it, and
// agrees with nobody who did not write it.
func FuzzHandleM1(f *testing.F) {
	h := honestRun(f, 1)
	addSeeds(f, h.m1, h.m2)
	f.Fuzz(func(t *testing.T, m1 []byte) {
		err := withM1(t, h, m1)
		if bytes.Equal(m1, h.m1) != (err == nil) {
			t.Errorf("%x: %v", m1, err)
		}
		if err != nil && !known(err) {
			t.Errorf("%x: undocumented %v", m1, err)
		}
		s, err := NewSender(params(2))
		if err != nil {
			t.Fatal(err)
		}
		if m2, err := s.HandleM1(m1); err == nil && len(m2) != len(h.m2) {
			t.Errorf("M2 of %d bytes", len(m2))
		}
		if _, err := s.HandleM1(h.m1); err != ErrBurnt {
			t.Errorf("second M1: %v, want ErrBurnt", err)
		}
	})
}

// Whatever M2 is but the right one, no sender takes the receiver's M3.
func FuzzHandleM2(f *testing.F) {
	h := honestRun(f, 1)
	addSeeds(f, h.m2, h.m1)
	f.Fuzz(func(t *testing.T, m2 []byte) {
		err := withM2(t, h, m2)
		if bytes.Equal(m2, h.m2) != (err == nil) {
			t.Errorf("%x: %v", m2, err)
		}
		if err != nil && !known(err) {
			t.Errorf("%x: undocumented %v", m2, err)
		}
	})
}

func FuzzHandleM3(f *testing.F) {
	h := honestRun(f, 1)
	addSeeds(f, h.m3, h.m4)
	f.Fuzz(func(t *testing.T, m3 []byte) {
		if err := withM3(t, h, m3); bytes.Equal(m3, h.m3) != (err == nil) || (err != nil && !known(err)) {
			t.Errorf("%x: %v", m3, err)
		}
	})
}

func FuzzHandleM4(f *testing.F) {
	h := honestRun(f, 1)
	addSeeds(f, h.m4, h.m3)
	f.Fuzz(func(t *testing.T, m4 []byte) {
		if err := withM4(t, h, m4); bytes.Equal(m4, h.m4) != (err == nil) || (err != nil && !known(err)) {
			t.Errorf("%x: %v", m4, err)
		}
	})
}
