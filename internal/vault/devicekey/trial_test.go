package devicekey

import (
	"errors"
	"testing"
)

func TestTry(t *testing.T) {
	ring := &memory{}
	if err := Try(t.Context(), ring); err != nil {
		t.Error(err)
	}
	if len(ring.secrets) != 0 {
		t.Errorf("it has left %d secrets", len(ring.secrets))
	}
	if err := Try(t.Context(), &memory{forgets: true}); !errors.Is(err, errForgetful) {
		t.Errorf("one that forgets: %v", err)
	}
	if err := Try(t.Context(), &memory{err: errBroken}); !errors.Is(err, errBroken) {
		t.Errorf("one that is broken: %v", err)
	}
}
