package tallow_test

import (
	"io/fs"
	"testing"

	"github.com/tallow-transfer/tallow/internal/disk"
	engine "github.com/tallow-transfer/tallow/internal/transfer"
	"github.com/tallow-transfer/tallow/pkg/tallow"
)

// What is wrong with this machine's disk is told as that, with the disk's own
// hint.
func TestDiskErrors(t *testing.T) {
	for _, cause := range []interface {
		error
		Hint() string
	}{
		&disk.SpaceError{Dir: "there", Missing: 5000},
		&disk.WriteError{Place: "there", Err: fs.ErrInvalid},
	} {
		got := tallow.Explain(t.Context(), &engine.DiskError{Err: cause})
		if got.Kind != tallow.KindIO || got.Message != cause.Error() || got.Hint != cause.Hint() {
			t.Errorf("%v: kind %q, message %q, hint %q", cause, got.Kind, got.Message, got.Hint)
		}
	}
}
