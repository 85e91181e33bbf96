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
		{ErrOpening, []byte{0x1f, 3}},
		{ErrBurnt, []byte{0x1f, 4}},
		{errors.New("no randomness"), []byte{0x1f, 4}},
		{fmt.Errorf("wrapped: %w", ErrWrongCode), []byte{0x1f, 1}},
		{ErrOrder, nil},
		{ErrInterrupted, nil},
		{ErrGenerations, nil},
		{&AbortError{wire.AbortWrongCode}, nil},
		{ErrWrongPeer, []byte{0x1f, 5}},
		{ErrStale, []byte{0x1f, 6}},
	} {
		if got := AbortMessage(c.err); string(got) != string(c.want) {
			t.Errorf("%v: %x, want %x", c.err, got, c.want)
		}
	}
}

// What people read says what to do.
func TestErrorsSayWhatToDo(t *testing.T) {
	for _, err := range []error{
		ErrWrongCode, ErrBurnt, ErrInterrupted, ErrOpening, ErrGenerations, ErrPoint, ErrReflected, ErrWrongPeer, ErrStale, &VersionError{"suite", []uint16{1}, []uint16{2}},
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
