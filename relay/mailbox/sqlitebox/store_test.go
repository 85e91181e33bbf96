package sqlitebox_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/relay/mailbox"
	"github.com/tallow-transfer/tallow/relay/mailbox/mailboxtest"
	"github.com/tallow-transfer/tallow/relay/mailbox/sqlitebox"
)

func open(t *testing.T, dir string) *sqlitebox.Store {
	t.Helper()
	s, err := sqlitebox.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func shut(t *testing.T, s *sqlitebox.Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func put(t *testing.T, s mailbox.Store, n int) {
	t.Helper()
	if err := s.Put(t.Context(), mailboxtest.Key(n), mailboxtest.Message(n), time.Hour, 1<<20); err != nil {
		t.Fatal(err)
	}
}

// wantMessage fails the test unless a message is there.
func wantMessage(t *testing.T, s mailbox.Store, n int) {
	t.Helper()
	found, err := s.Find(t.Context(), []mailbox.Key{mailboxtest.Key(n)}, 1)
	if err != nil || len(found) != 1 || !bytes.Equal(found[0].Message, mailboxtest.Message(n)) {
		t.Errorf("message %d: %d found, %v", n, len(found), err)
	}
}

func TestStore(t *testing.T) {
	mailboxtest.Run(t, func(t *testing.T) mailbox.Store { return open(t, t.TempDir()) })
}

// Messages, and how many there are, survive the end of the process.
func TestReopened(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made", "by it")
	s := open(t, dir)
	for n := range 3 {
		put(t, s, n)
	}
	if err := s.Put(t.Context(), mailboxtest.Key(9), mailboxtest.Message(9), time.Millisecond, 10); err != nil {
		t.Fatal(err)
	}
	shut(t, s)

	s = open(t, dir)
	for n := range 3 {
		wantMessage(t, s, n)
	}
	if err := s.Delete(t.Context(), []mailbox.Key{mailboxtest.Key(1)}); err != nil {
		t.Fatal(err)
	}
	shut(t, s)

	s = open(t, dir)
	if left, err := s.Sweep(t.Context()); err != nil || left != 2 {
		t.Errorf("%d are left, %v; want 2", left, err)
	}
	if err := s.Put(t.Context(), mailboxtest.Key(1), mailboxtest.Message(1), time.Hour, 2); !errors.Is(err, mailbox.ErrFull) {
		t.Errorf("a third of two: %v", err)
	}
}

func TestOneProcess(t *testing.T) {
	dir := t.TempDir()
	first := open(t, dir)
	if _, err := sqlitebox.Open(t.Context(), dir); !errors.Is(err, sqlitebox.ErrInUse) {
		t.Errorf("a second one: %v, want ErrInUse", err)
	}
	shut(t, first)
	open(t, dir)
}

// A database of a newer version is left alone.
func TestNewer(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	put(t, s, 1)
	shut(t, s)
	db, err := sql.Open("sqlite", filepath.Join(dir, "messages.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	set := func(version int) {
		t.Helper()
		if _, err := db.ExecContext(t.Context(), "PRAGMA user_version = "+strconv.Itoa(version)); err != nil {
			t.Fatal(err)
		}
	}
	set(2)
	if _, err := sqlitebox.Open(t.Context(), dir); !errors.Is(err, sqlitebox.ErrNewer) {
		t.Errorf("the error is %v, want ErrNewer", err)
	}
	set(1)
	wantMessage(t, open(t, dir), 1)
}

// What is no database is an error, and stays what it is.
func TestNoDatabase(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "messages.db")
	content := bytes.Repeat([]byte("no database "), 1000)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := sqlitebox.Open(t.Context(), dir); err == nil {
		t.Error("it was opened")
	}
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, content) {
		t.Errorf("the file has changed, %v", err)
	}
}

// files returns all bytes that are on the disk, and how many there are.
func files(t *testing.T, dir string) []byte {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(names) == 0 {
		t.Fatalf("%v, %v", names, err)
	}
	var all []byte
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, b...)
		info, err := os.Stat(name)
		if err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
			t.Errorf("%s has the mode %v, %v", name, info.Mode(), err)
		}
	}
	return all
}

// What is deleted does not stay on the disk, and neither does its room. No slot is ever
// there.
func TestNothingStays(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	var keys []mailbox.Key
	for n := range 500 {
		put(t, s, n)
		keys = append(keys, mailboxtest.Key(n))
	}
	slot := mailbox.Slot(bytes.Repeat([]byte{0xa5, 0x17, 0x3c, 0x99}, 8))
	if err := s.Put(t.Context(), mailbox.KeyOf(slot), mailboxtest.Message(500), time.Hour, 1000); err != nil {
		t.Fatal(err)
	}
	shut(t, s)
	before := files(t, dir)
	if !bytes.Contains(before, mailboxtest.Message(7)[:200]) {
		t.Fatal("a message that is there cannot be found in the files")
	}
	if bytes.Contains(before, slot[:8]) {
		t.Error("a slot is in the files")
	}

	s = open(t, dir)
	for n := 0; n < len(keys); n += 50 {
		if err := s.Delete(t.Context(), keys[n:n+50]); err != nil {
			t.Fatal(err)
		}
	}
	if left, err := s.Sweep(t.Context()); err != nil || left != 1 {
		t.Fatalf("%d are left, %v", left, err)
	}
	shut(t, s)
	after := files(t, dir)
	if len(after) > len(before)/10 {
		t.Errorf("the files had %d bytes, and have %d without all but one message", len(before), len(after))
	}
	for n := range keys {
		if bytes.Contains(after, mailboxtest.Message(n)[:200]) {
			t.Fatalf("message %d is in the files still", n)
		}
	}
}

// childEnv has the folder of a child process, which writes until it is killed.
const childEnv = "TALLOW_TEST_SQLITEBOX"

// After kill -9 in the middle of writing, everything that was said to be there is there.
func TestKilled(t *testing.T) {
	if dir := os.Getenv(childEnv); dir != "" {
		writeForever(t, dir)
	}
	dir := t.TempDir()
	sum := 0
	for range 5 {
		child := exec.Command(os.Args[0], "-test.run=^TestKilled$")
		child.Env = append(os.Environ(), childEnv+"="+dir)
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		said := make([]byte, 80) // some numbers
		_, err = io.ReadFull(out, said)
		_ = child.Process.Kill()
		rest, _ := io.ReadAll(out)
		_ = child.Wait()
		if err != nil {
			t.Fatalf("the child has said %q: %v", said, err)
		}
		s := open(t, dir)
		lines := strings.Split(string(said)+string(rest), "\n")
		for _, line := range lines[:len(lines)-1] { // the last one may be cut off
			n, err := strconv.Atoi(line)
			if err != nil {
				t.Fatal(err)
			}
			wantMessage(t, s, n)
			sum++
		}
		left, err := s.Sweep(t.Context())
		if err != nil || left < sum {
			t.Errorf("%d are left, %v; want at least %d", left, err, sum)
		}
		shut(t, s)
	}
}

// writeForever writes messages, and says which are there.
func writeForever(t *testing.T, dir string) {
	s, err := sqlitebox.Open(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	first, err := s.Sweep(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for n := first; ; n++ {
		put(t, s, n)
		if _, err := os.Stdout.WriteString(strconv.Itoa(n) + "\n"); err != nil {
			os.Exit(0)
		}
	}
}
