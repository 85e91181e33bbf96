package files_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"testing"

	"github.com/tallow-transfer/tallow/pkg/files"
	"github.com/tallow-transfer/tallow/pkg/files/filestest"
)

func TestMemory(t *testing.T) {
	filestest.TestDestination(t, func(*testing.T) filestest.Target {
		m := files.NewMemory(100 << 20)
		return filestest.Target{Destination: m, ReadFile: m.ReadFile}
	})
}

func prepared(t *testing.T, m *files.Memory, number uint64, e files.Entry) files.File {
	t.Helper()
	f, err := m.Prepare(t.Context(), number, e)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// The limit holds for what comes, whatever was announced, and what is given up
// does not count.
func TestMemoryLimit(t *testing.T) {
	m := files.NewMemory(10)
	var full files.NoSpace
	if err := m.Begin(t.Context(), nil, 12); !errors.As(err, &full) || full.Missing() != 2 {
		t.Errorf("Begin with 12 bytes: %v", err)
	}
	huge := prepared(t, m, 0, files.Entry{Kind: files.KindFile, Path: "huge", Size: 1 << 50}) // takes no memory yet
	if _, err := huge.WriteAt(make([]byte, 8), 0); err != nil {
		t.Error(err)
	}
	if _, err := huge.WriteAt(make([]byte, 1), 1<<49); !errors.As(err, &full) {
		t.Errorf("a write far ahead: %v", err)
	}
	other := prepared(t, m, 1, files.Entry{Kind: files.KindStream, Path: "other"})
	if _, err := other.WriteAt(make([]byte, 3), 0); !errors.As(err, &full) || full.Missing() != 1 {
		t.Errorf("3 bytes beside 8: %v", err)
	}
	if err := huge.Close(); err != nil {
		t.Error(err)
	}
	if _, err := other.WriteAt(make([]byte, 10), 0); err != nil {
		t.Error(err)
	}
	if _, err := huge.WriteAt(nil, 0); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("a write after Close: %v", err)
	}
}

func TestMemoryRefusals(t *testing.T) {
	m := files.NewMemory(10)
	prepared(t, m, 0, files.Entry{Kind: files.KindDir, Path: "d"})
	for _, e := range []files.Entry{{Kind: files.KindFile, Path: "d"}, {Kind: files.KindFile, Path: "../x"}} {
		var refusal files.Refusal
		if _, err := m.Prepare(t.Context(), 1, e); !errors.As(err, &refusal) || refusal.Brief() == "" || refusal.Why() == "" {
			t.Errorf("%+v: %v", e, err)
		}
	}
	other := prepared(t, files.NewMemory(10), 0, files.Entry{Kind: files.KindStream, Path: "x"})
	if errs := m.Commit(t.Context(), []files.File{other}); errs[0] == nil {
		t.Error("a file of another destination is committed")
	}
}

func TestMemoryEntries(t *testing.T) {
	m := files.NewMemory(100)
	stream := prepared(t, m, 0, files.Entry{Kind: files.KindStream, Path: "stdin"})
	prepared(t, m, 1, files.Entry{Kind: files.KindDir, Path: "d", Mode: 0o700})
	prepared(t, m, 2, files.Entry{Kind: files.KindSymlink, Path: "d/link", Target: "x"})
	prepared(t, m, 3, files.Entry{Kind: files.KindFile, Path: "d/never"})
	for _, p := range []string{"1234567890", "abc"} {
		if _, err := stream.WriteAt([]byte(p), 0); err != nil {
			t.Fatal(err)
		}
	}
	if err := stream.SetSize(5); err != nil {
		t.Fatal(err)
	}
	m.Commit(t.Context(), []files.File{stream})
	var got []string
	for _, e := range m.Entries() {
		got = append(got, fmt.Sprint(e.Kind, " ", e.Path, " ", e.Size, " ", e.Mode, " ", e.Target))
	}
	if want := []string{"folder d 0 -rwx------ ", "symlink d/link 0 ---------- x", "stream stdin 5 ---------- "}; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %q, want %q", got, want)
	}
	data, err := m.ReadFile("stdin")
	if err != nil || !bytes.Equal(data, []byte("abc45")) {
		t.Errorf("%q, %v", data, err)
	}
	data[0] = 'x'
	if again, _ := m.ReadFile("stdin"); again[0] != 'a' {
		t.Error("ReadFile gives out what it keeps")
	}
}
