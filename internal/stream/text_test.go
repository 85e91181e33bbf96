package stream_test

import (
	"io"
	"slices"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/internal/stream"
	"github.com/tallow-transfer/tallow/pkg/files"
)

func TestText(t *testing.T) {
	s := stream.NewText("grüß dich")
	defer s.Close()
	entry := item(t, s)
	if entry.Kind != files.KindFile || entry.Mode != 0o600 || entry.Size != 11 || time.Since(entry.ModTime) > time.Minute {
		t.Errorf("%+v", entry)
	}
	totals, err := s.Count(t.Context())
	if err != nil || totals != (files.Totals{Files: 1, Bytes: 11, Stored: 11, Known: true}) || !slices.Equal(s.Names(), []string{"text"}) {
		t.Errorf("%+v, %v, %q", totals, err, s.Names())
	}
	f, err := entry.Open()
	must(t, err)
	defer f.Close()
	b, err := io.ReadAll(io.NewSectionReader(f, 0, entry.Size))
	if string(b) != "grüß dich" || err != nil || f.Changed() != nil {
		t.Errorf("%q, %v", b, err)
	}
}
