package manifest_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"testing"

	"github.com/tallow-transfer/tallow/internal/manifest"
	"github.com/tallow-transfer/tallow/pkg/files"
)

func TestReasonText(t *testing.T) {
	_, missing := os.Open("/nowhere/secret")
	for want, err := range map[string]error{
		missing.(*fs.PathError).Err.Error(): fmt.Errorf("open the file: %w", missing),
		files.ErrChanged.Error():            fmt.Errorf("/home/ana/secret: %w", files.ErrChanged),
		"it is odd":                         errors.New("it is odd"),
	} {
		if got := manifest.ReasonText(err); got != want {
			t.Errorf("%v is told as %q, want %q", err, got, want)
		}
	}
}
