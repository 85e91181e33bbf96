package certificate

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/tallow-transfer/tallow/internal/certificate/certificatetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func write(t *testing.T, folder string, p certificatetest.Pair) (cert, key string) {
	t.Helper()
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(folder, "tls.crt"), filepath.Join(folder, "tls.key")
	if err := os.WriteFile(cert, p.CertPEM, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(key, p.KeyPEM, 0o600); err != nil {
		t.Fatal(err)
	}
	return cert, key
}

// logBuffer is a log that can be read while it is written.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) take() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer l.b.Reset()
	return l.b.String()
}

func wantCurrent(t *testing.T, f *Files, want certificatetest.Pair) {
	t.Helper()
	got, err := f.GetCertificate(nil)
	if err != nil || !slices.Equal(got.Certificate[0], want.TLS.Certificate[0]) {
		t.Errorf("another certificate is served, %v", err)
	}
}

// However a pair is replaced, it is served soon after.
func TestReload(t *testing.T) {
	for name, replace := range map[string]func(t *testing.T, folder string, p certificatetest.Pair){
		"written over": func(t *testing.T, folder string, p certificatetest.Pair) { write(t, folder, p) },
		"renamed": func(t *testing.T, folder string, p certificatetest.Pair) {
			next := folder + ".next"
			cert, key := write(t, next, p)
			for _, file := range []string{cert, key} {
				if err := os.Rename(file, filepath.Join(folder, filepath.Base(file))); err != nil {
					t.Fatal(err)
				}
			}
		},
		// As Kubernetes does it: the files are symlinks through a symlink to a folder,
		// and that one is replaced.
		"another folder": func(t *testing.T, folder string, p certificatetest.Pair) {
			next := folder + ".other"
			write(t, next, p)
			if err := os.Symlink(next, folder+".link"); err != nil {
				t.Fatal(err)
			}
			if err := os.RemoveAll(folder); err != nil {
				t.Fatal(err)
			}
			if err := os.Rename(folder+".link", folder); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				folder := filepath.Join(t.TempDir(), "live")
				first, second := certificatetest.New(t, "relay.test"), certificatetest.New(t, "relay.test")
				cert, key := write(t, folder, first)
				f, err := NewFiles(cert, key, slog.New(slog.DiscardHandler))
				if err != nil {
					t.Fatal(err)
				}
				go f.Maintain(t.Context())
				wantCurrent(t, f, first)
				replace(t, folder, second)
				time.Sleep(reloadInterval + time.Second)
				wantCurrent(t, f, second)
			})
		})
	}
}

// A pair that cannot be used is logged once, and the old one stays until there is a
// good one.
func TestBrokenPair(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		folder := t.TempDir()
		good, other := certificatetest.New(t, "relay.test"), certificatetest.New(t, "relay.test")
		expired := certificatetest.Until(t, time.Now().Add(-time.Hour), "relay.test")
		cert, key := write(t, folder, good)
		var log logBuffer
		f, err := NewFiles(cert, key, slog.New(slog.NewTextHandler(&log, nil)))
		if err != nil {
			t.Fatal(err)
		}
		go f.Maintain(t.Context())
		for name, bad := range map[string]certificatetest.Pair{
			"no PEM":              {CertPEM: []byte("soon"), KeyPEM: good.KeyPEM},
			"another key":         {CertPEM: good.CertPEM, KeyPEM: other.KeyPEM},
			"an empty file":       {KeyPEM: good.KeyPEM},
			"expired":             {CertPEM: expired.CertPEM, KeyPEM: expired.KeyPEM},
			"half of it is there": {CertPEM: good.CertPEM[:len(good.CertPEM)/2], KeyPEM: good.KeyPEM},
		} {
			write(t, folder, bad)
			time.Sleep(5 * reloadInterval)
			synctest.Wait()
			wantCurrent(t, f, good)
			if lines := log.take(); strings.Count(lines, "level=ERROR") != 1 {
				t.Errorf("%s: not one error was logged: %s", name, lines)
			}
			if err := f.Check(); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := os.Remove(cert); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * reloadInterval)
		wantCurrent(t, f, good)
		write(t, folder, other)
		time.Sleep(2 * reloadInterval)
		wantCurrent(t, f, other)
	})
}

func TestCheck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cert, key := write(t, t.TempDir(), certificatetest.New(t, "relay.test"))
		f, err := NewFiles(cert, key, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Check(); err != nil {
			t.Error(err)
		}
		time.Sleep(25 * time.Hour)
		if err := f.Check(); err == nil || !strings.Contains(err.Error(), "expired") {
			t.Errorf("after it has expired: %v", err)
		}
	})
}

func TestNewFilesFails(t *testing.T) {
	folder := t.TempDir()
	cert, key := write(t, folder, certificatetest.New(t, "relay.test"))
	for _, pair := range [][2]string{{cert, cert}, {key, cert}, {cert, filepath.Join(folder, "nowhere")}, {folder, key}} {
		if _, err := NewFiles(pair[0], pair[1], slog.New(slog.DiscardHandler)); err == nil {
			t.Errorf("%v: no error", pair)
		}
	}
}
