package handshake

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/tallow-transfer/tallow/internal/wire"
)

func TestAbortMessage(t *testing.T) {
	_, malformed := wire.ParseM1(nil)
	for _, c := range []struct {
		err  error
		want []byte
	}{
		{nil, nil},
		{ErrWrongCode, []byte{0x1f, 1}},
		{&VersionError{What: "version"}, []byte{0x1f, 2}},
		{malformed, []byte{0x1f, 3}},
		{ErrPoint, []byte{0x1f, 3}},
		{ErrReflected, []byte{0x1f, 3}},
		{ErrBurnt, []byte{0x1f, 4}},
		{errors.New("no randomness"), []byte{0x1f, 4}},
		{fmt.Errorf("wrapped: %w", ErrWrongCode), []byte{0x1f, 1}},
		{ErrOrder, nil},
		{ErrInterrupted, nil},
		{&AbortError{wire.AbortWrongCode}, nil},
		{ErrWrongPeer, []byte{0x1f, 5}},
		{ErrStale, []byte{0x1f, 6}},
	} {
		if got := AbortMessage(c.err); string(got) != string(c.want) {
			t.Errorf("%v: %x, want %x", c.err, got, c.want)
		}
	}
}

// An abort in place of any message ends the run with the other side's reason.
func TestAbortIsUnderstood(t *testing.T) {
	h := honestRun(t, 1)
	for reason, want := range map[wire.AbortReason]error{
		wire.AbortWrongCode: ErrWrongCode, wire.AbortVersion: ErrVersion,
		wire.AbortMalformed: nil, wire.AbortRefused: nil, 77: nil,
	} {
		m := wire.HandshakeAbort{Reason: reason}.Append(nil)
		s, err := NewSender(params(2))
		must(t, err)
		_, ofM1 := s.HandleM1(m)
		for name, err := range map[string]error{
			"M1": ofM1, "M2": withM2(t, h, m), "M3": withM3(t, h, m), "M4": withM4(t, h, m),
		} {
			abort, ok := errors.AsType[*AbortError](err)
			if !ok || abort.Reason != reason || (want != nil && !errors.Is(err, want)) {
				t.Errorf("%v in place of %s: %v", reason, name, err)
			}
		}
	}
}

// What people read says what to do.
func TestErrorsSayWhatToDo(t *testing.T) {
	for _, err := range []error{
		ErrWrongCode, ErrBurnt, ErrPoint, ErrReflected, ErrWrongPeer, ErrStale, &VersionError{"suite", []uint16{1}, []uint16{2}},
		&AbortError{wire.AbortWrongCode}, &AbortError{wire.AbortVersion}, &AbortError{wire.AbortMalformed},
		&AbortError{wire.AbortRefused}, &AbortError{wire.AbortWrongPeer}, &AbortError{wire.AbortStale}, &AbortError{99},
	} {
		text := err.Error()
		if !strings.Contains(text, "new code") && !strings.Contains(text, "newest tallow") &&
			!strings.Contains(text, "for a new one") {
			t.Errorf("%q has no advice", text)
		}
	}
}
