package stream_test

import (
	"context"
	"errors"
	"testing"

	"github.com/tallow-transfer/tallow/internal/stream"
	"github.com/tallow-transfer/tallow/pkg/files"
)

func TestMemory(t *testing.T) {
	for _, kind := range []files.Kind{files.KindFile, files.KindStream} {
		m := stream.NewBuffer(10)
		must(t, m.Begin(t.Context(), []string{"text"}, 5))
		e := files.Entry{Kind: kind, Path: "text"}
		if kind == files.KindFile {
			e.Size = 5
		}
		f, err := m.Prepare(t.Context(), 0, e)
		must(t, err)
		_, err = f.WriteAt([]byte("lo"), 3)
		must(t, err)
		_, err = f.WriteAt([]byte("hel"), 0)
		must(t, err)
		if m.Bytes() != nil {
			t.Error("there are bytes before the commit")
		}
		must(t, f.SetSize(5))
		must(t, m.Commit(t.Context(), []files.File{f})[0])
		must(t, m.Finish(t.Context()))
		must(t, m.Close())
		if string(m.Bytes()) != "hello" || f.Path() != "text" {
			t.Errorf("%q", m.Bytes())
		}
	}
}

func TestMemoryRefuses(t *testing.T) {
	begin := func() *stream.Buffer { return stream.NewBuffer(10) }
	mentions(t, begin().Begin(t.Context(), []string{"a", "b"}, 0), "more than a single file")
	mentions(t, begin().Begin(t.Context(), []string{"a"}, 11), "longer than 10 bytes")
	for _, e := range []files.Entry{dirEntry("a"), {Kind: files.KindSymlink, Path: "a", Target: "b"}} {
		_, err := begin().Prepare(t.Context(), 0, e)
		mentions(t, err, "more than a single file")
	}
	_, err := begin().Prepare(t.Context(), 0, fileEntry("a", 11))
	mentions(t, err, "longer than 10 bytes")

	m := begin()
	f, err := m.Prepare(t.Context(), 0, files.Entry{Kind: files.KindStream, Path: "a"})
	must(t, err)
	_, err = m.Prepare(t.Context(), 1, fileEntry("b", 1))
	mentions(t, err, "more than a single file")
	for _, off := range []int64{-1, 8, 1 << 62, 1<<63 - 1} {
		if _, err := f.WriteAt([]byte("123"), off); err == nil {
			t.Errorf("a write at %d", off)
		}
	}
	mentions(t, f.SetSize(11), "longer")
	must(t, f.SetSize(5))
	mentions(t, m.Commit(t.Context(), []files.File{f})[0], "0 of the 5 bytes")

	other, err := begin().Prepare(t.Context(), 0, fileEntry("a", 1))
	must(t, err)
	mentions(t, m.Commit(t.Context(), []files.File{other})[0], "not a file of this destination")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := m.Commit(ctx, []files.File{f})[0]; !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
