package diskstore_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/relay/stored"
	"github.com/tallow-transfer/tallow/relay/stored/diskstore"
	"github.com/tallow-transfer/tallow/relay/stored/storedtest"
)

func open(t *testing.T, dir string) *diskstore.Store {
	t.Helper()
	s, err := diskstore.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestIndex(t *testing.T) {
	storedtest.Index(t, func(t *testing.T) stored.Index { return open(t, t.TempDir()).Index })
}

func TestBlobs(t *testing.T) {
	storedtest.Blobs(t, func(t *testing.T) stored.Blobs { return open(t, t.TempDir()).Blobs })
}

func TestOneProcess(t *testing.T) {
	dir := t.TempDir()
	first := open(t, dir)
	if _, err := diskstore.Open(dir); !errors.Is(err, diskstore.ErrInUse) {
		t.Errorf("a second one: %v, want ErrInUse", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, dir)
}

// A damaged record is no reason to forget it silently.
func TestDamagedRecord(t *testing.T) {
	dir := t.TempDir()
	if err := open(t, dir).Close(); err != nil {
		t.Fatal(err)
	}
	id := stored.NewID()
	if err := os.WriteFile(filepath.Join(dir, "records", id.String()), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := diskstore.Open(dir); err == nil || !strings.Contains(err.Error(), id.String()) {
		t.Errorf("a damaged record: %v", err)
	}
}

// childEnv has the folder of a child process, which writes until it is killed.
const childEnv = "TALLOW_TEST_DISKSTORE"

// After kill -9 in the middle of writing, everything that was said to be there is there
// as a whole, and nothing else.
func TestKilled(t *testing.T) {
	if dir := os.Getenv(childEnv); dir != "" {
		writeForever(t, dir)
	}
	dir := t.TempDir()
	child := exec.Command(os.Args[0], "-test.run=^TestKilled$")
	child.Env = append(os.Environ(), childEnv+"="+dir)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	said := make([]byte, 33*20) // 20 lines, each the name of a transfer
	_, err = io.ReadFull(out, said)
	_ = child.Process.Kill()
	rest, _ := io.ReadAll(out)
	_ = child.Wait()
	if err != nil {
		t.Fatalf("the child has said %q: %v", said, err)
	}
	s := open(t, dir)
	lines := strings.Split(strings.TrimSpace(string(said)+string(rest)), "\n")
	for _, line := range lines {
		id, ok := stored.ParseID(line)
		if !ok {
			continue // cut off by the kill
		}
		if r, err := s.Index.Find(t.Context(), id); err != nil || r.Done != 1 {
			t.Errorf("the record %v: %+v, %v", id, r, err)
		}
		for n := range 2 {
			wantPart(t, s, id, n)
		}
	}
	left, err := filepath.Glob(filepath.Join(dir, "*", "*", ".new-*"))
	more, err2 := filepath.Glob(filepath.Join(dir, "*", ".new-*"))
	if err != nil || err2 != nil || len(left)+len(more) != 0 {
		t.Errorf("left over: %v %v", left, more)
	}
	// What it was writing is whole, or not there.
	err = s.Blobs.Each(t.Context(), func(id stored.ID) error {
		parts, err := s.Blobs.Parts(t.Context(), stored.Record{ID: id})
		for _, p := range parts {
			wantPart(t, s, id, p.Number)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func part(number int) []byte { return bytes.Repeat([]byte{byte(number + 1)}, 200_000+number) }

func wantPart(t *testing.T, s *diskstore.Store, id stored.ID, number int) {
	t.Helper()
	record := stored.Record{ID: id, Parts: []int64{int64(len(part(0))), int64(len(part(1)))}}
	offset := record.Parts[0] * int64(number) // there are two
	r, err := s.Blobs.Read(t.Context(), record, offset, record.Parts[number])
	if err != nil {
		t.Errorf("part %d of %v: %v", number, id, err)
		return
	}
	defer r.Close()
	if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, part(number)) {
		t.Errorf("part %d of %v: %d bytes, %v", number, id, len(got), err)
	}
}

// writeForever writes transfers and says which are there.
func writeForever(t *testing.T, dir string) {
	s, err := diskstore.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	for {
		id := stored.NewID()
		err := s.Index.Create(t.Context(), stored.Record{ID: id, Expires: time.Unix(4e9, 0)}, stored.Limits{})
		for n := range 2 {
			err = errors.Join(err, s.Blobs.Put(t.Context(), stored.Record{ID: id}, n, bytes.NewReader(part(n)), int64(len(part(n)))))
		}
		_, failed := s.Index.Update(t.Context(), id, func(r *stored.Record) error { r.Done = 1; return nil })
		if err = errors.Join(err, failed); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stdout.WriteString(id.String() + "\n"); err != nil {
			os.Exit(0)
		}
	}
}
