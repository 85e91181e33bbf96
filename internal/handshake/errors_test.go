package handshake

import (
	"errors"
	"fmt"
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
