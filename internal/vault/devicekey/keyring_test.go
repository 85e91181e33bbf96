package devicekey

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/zalando/go-keyring"
)

// The library's own stand-in for a keyring keeps the key.
func TestSystemKeyring(t *testing.T) {
	keyring.MockInit()
	s := Store{Dir: filepath.Join(t.TempDir(), "state"), Keyring: system{}}
	first := open(t, s)
	if first.Place != PlaceKeyring || !first.Made {
		t.Errorf("at first use: %+v", first)
	}
	if second := open(t, s); *second.Key != *first.Key {
		t.Error("the second key is another one")
	}
	if err := s.Destroy(t.Context()); err != nil {
		t.Error(err)
	}
	if err := (system{}).Delete(t.Context(), "no such name"); err != nil {
		t.Errorf("deleting what is not there: %v", err)
	}
	if _, err := (system{}).Get(t.Context(), "no such name"); !errors.Is(err, ErrLost) {
		t.Errorf("getting what is not there: %v", err)
	}
}
