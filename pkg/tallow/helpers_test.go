package tallow_test

import (
	"context"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/tallow-transfer/tallow/internal/relaytest"
	"github.com/tallow-transfer/tallow/pkg/tallow"
	"github.com/tallow-transfer/tallow/relay"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// testTimeout bounds every wait in a test.
const testTimeout = 30 * time.Second

// startRelay serves a relay on this machine and returns its URL.
func startRelay(t testing.TB, config relay.Config) string { return relaytest.Start(t, config).URL }

func newClient(t testing.TB, c tallow.Config) *tallow.Client {
	t.Helper()
	client, err := tallow.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// outcome is what a Send or a Receive returned, and its events.
type outcome struct {
	result tallow.Result
	err    error
	events []tallow.Event
}

// transfer sends with one client and receives with another.
func transfer(t *testing.T, sender, receiver *tallow.Client, s tallow.SendOptions, r tallow.ReceiveOptions) (sent, received outcome) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), testTimeout)
	defer cancel()
	code := make(chan string, 1)
	onSend, onReceive := s.OnEvent, r.OnEvent
	s.OnEvent = func(e tallow.Event) {
		sent.events = append(sent.events, e)
		if onSend != nil {
			onSend(e)
		}
		if c, ok := e.(tallow.CodeEvent); ok {
			code <- c.Code // the receiver starts now
		}
	}
	r.OnEvent = func(e tallow.Event) {
		received.events = append(received.events, e)
		if onReceive != nil {
			onReceive(e)
		}
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		sent.result, sent.err = sender.Send(ctx, s)
		close(code)
	})
	c, ok := <-code
	if ok {
		if r.Code == "" {
			r.Code = c
		}
		received.result, received.err = receiver.Receive(ctx, r)
	}
	wg.Wait()
	return sent, received
}

// kindOf returns the kind of an error of the SDK, empty for nil.
func kindOf(t *testing.T, err error) tallow.ErrorKind {
	t.Helper()
	if err == nil {
		return ""
	}
	e, ok := err.(*tallow.Error)
	if !ok {
		t.Fatalf("not an *Error: %v", err)
	}
	return e.Kind
}

// write creates files of the given sizes and returns their folder.
func write(t *testing.T, files map[string]int) string {
	t.Helper()
	dir := t.TempDir()
	for name, n := range files {
		b := make([]byte, n)
		_, _ = rand.NewChaCha8([32]byte{byte(n), byte(n >> 8), byte(len(name))}).Read(b)
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// contents reads everything below dir, by relative path.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := make(map[string]string)
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		rel, _ := filepath.Rel(dir, path)
		files[filepath.ToSlash(rel)] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// visible removes the files that a transfer keeps in order to resume.
func visible(files map[string]string) map[string]string {
	for path := range files {
		if strings.HasPrefix(path, ".tallow-") {
			delete(files, path)
		}
	}
	return files
}
