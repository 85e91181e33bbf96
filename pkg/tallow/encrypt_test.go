package tallow_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/tallow-transfer/tallow/pkg/files"
	"github.com/tallow-transfer/tallow/pkg/tallow"
)

func password(p string) func(context.Context) (string, error) {
	return func(context.Context) (string, error) { return p, nil }
}

// encrypted returns files in memory, encrypted.
func encrypted(t *testing.T, tree fstest.MapFS) []byte {
	t.Helper()
	sealed, _ := encryptedAs(t, tree)
	return sealed
}

// encryptedAs is encrypted, with the Result.
func encryptedAs(t *testing.T, tree fstest.MapFS) ([]byte, tallow.Result) {
	t.Helper()
	var out bytes.Buffer
	r, err := newClient(t, tallow.Config{}).Encrypt(t.Context(), tallow.EncryptOptions{Source: files.FS(tree), Password: "secret", Writer: &out})
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes(), r
}

// Both commands tell the same hash over the files: of one file its BLAKE3.
func TestRootOfEncrypted(t *testing.T) {
	one := fstest.MapFS{"a.txt": {Data: []byte("abc")}}
	several := fstest.MapFS{"a.txt": {Data: []byte("abc")}, "b/c.txt": {Data: []byte("abc")}}
	roots := make(map[string]bool)
	for _, tree := range []fstest.MapFS{one, several} {
		sealed, in := encryptedAs(t, tree)
		out, err := newClient(t, tallow.Config{}).Decrypt(t.Context(), tallow.DecryptOptions{
			Stream: bytes.NewReader(sealed), Password: password("secret"), Destination: files.NewMemory(1 << 20),
		})
		if err != nil || out.Root != in.Root || len(in.Root) != 64 {
			t.Errorf("%d files: %s and %s, %v", len(tree), in.Root, out.Root, err)
		}
		roots[in.Root] = true
	}
	// BLAKE3 of "abc", as in the test vectors of others.
	if !roots["6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85"] || len(roots) != 2 {
		t.Errorf("%v", roots)
	}
}

// What was encrypted comes out again, by way of streams and memory, and is told.
func TestEncryptAndDecrypt(t *testing.T) {
	tree := fstest.MapFS{
		"photos/a.jpg": {Data: bytes.Repeat([]byte("abc"), 1<<20), Mode: 0o640, ModTime: time.Unix(1e9, 5)},
		"photos/empty": {Mode: 0o600},
	}
	sealed := encrypted(t, tree)
	if bytes.Contains(sealed, []byte("a.jpg")) || bytes.Contains(sealed, []byte("abcabc")) {
		t.Error("something of it can be read")
	}
	dest := files.NewMemory(16 << 20)
	var offer tallow.Offer
	var states []tallow.State
	r, err := newClient(t, tallow.Config{}).Decrypt(t.Context(), tallow.DecryptOptions{
		Stream: bytes.NewReader(sealed), Password: password("secret"), Destination: dest,
		OnEvent: func(e tallow.Event) {
			switch v := e.(type) {
			case tallow.OfferEvent:
				offer = v.Offer
			case tallow.StateEvent:
				states = append(states, v.State)
			}
		},
	})
	if err != nil || r.Files != 2 || r.Bytes != 3<<20 {
		t.Fatalf("%+v, %v", r, err)
	}
	if data, err := dest.ReadFile("photos/a.jpg"); err != nil || !bytes.Equal(data, tree["photos/a.jpg"].Data) {
		t.Errorf("%d bytes, %v", len(data), err)
	}
	if offer.Files != 2 || !offer.Known || !offer.Whole || len(offer.Entries) != 3 {
		t.Errorf("the offer is %+v", offer)
	}
	if len(states) != 3 || states[1] != tallow.StateTransferring || states[2] != tallow.StateCompleted {
		t.Errorf("the states are %v", states)
	}
}

// Whatever was done to the file, it is an error of its own, and no file appears.
func TestDecryptOfWhatWasChanged(t *testing.T) {
	tree := fstest.MapFS{"a": {Data: bytes.Repeat([]byte("abc"), 100_000), Mode: 0o600}}
	sealed := encrypted(t, tree)
	change := func(at int, to byte) []byte { b := bytes.Clone(sealed); b[at] = to; return b }
	for name, test := range map[string]struct {
		sealed   []byte
		password string
		kind     tallow.ErrorKind
		reason   tallow.Reason
	}{
		"nothing":          {nil, "secret", tallow.KindUsage, tallow.ReasonContainerForm},
		"a text":           {[]byte(strings.Repeat("x", 1000)), "secret", tallow.KindUsage, tallow.ReasonContainerForm},
		"a newer version":  {change(8, 9), "secret", tallow.KindUsage, tallow.ReasonContainerVersion},
		"a wrong password": {sealed, "Secret", tallow.KindCode, tallow.ReasonPasswordWrong},
		"64 GiB of memory": {change(16, 4), "secret", tallow.KindIntegrity, tallow.ReasonContainerCost},
		"another header":   {change(131, sealed[131]+1), "secret", tallow.KindIntegrity, tallow.ReasonContainerHeader},
		"a damaged offer":  {change(1000, sealed[1000]+1), "secret", tallow.KindIntegrity, tallow.ReasonContainerCorrupt},
		"a damaged file":   {change(200_000, sealed[200_000]+1), "secret", tallow.KindIntegrity, tallow.ReasonContainerCorrupt},
		"a cut":            {sealed[:200_000], "secret", tallow.KindIntegrity, tallow.ReasonContainerTruncated},
		"an addition":      {append(bytes.Clone(sealed), 0), "secret", tallow.KindIntegrity, tallow.ReasonContainerTrailing},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			file, out := filepath.Join(dir, "sealed"), filepath.Join(dir, "out")
			for _, name := range []string{file} {
				if err := os.WriteFile(name, test.sealed, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.Mkdir(out, 0o700); err != nil {
				t.Fatal(err)
			}
			_, err := newClient(t, tallow.Config{}).Decrypt(t.Context(), tallow.DecryptOptions{Path: file, Password: password(test.password), Output: out})
			var e *tallow.Error
			if !errors.As(err, &e) || e.Kind != test.kind || e.Reason != test.reason || e.Path != file || !e.Local {
				t.Errorf("error %+v, want %s of %s", e, test.reason, file)
			}
			left, err := os.ReadDir(out)
			if err != nil || len(left) != 0 {
				t.Errorf("%d things are in the folder, %v", len(left), err)
			}
		})
	}
}

// An Encrypt that ends early leaves what was there, and nothing else.
func TestEncryptInterrupted(t *testing.T) {
	dir := t.TempDir()
	out := filepath.Join(dir, "x.tallow")
	if err := os.WriteFile(out, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	r, w := io.Pipe()
	go func() {
		_, _ = w.Write(make([]byte, 20<<20))
		cancel() // the pipe stays open: what reads it has to be interrupted
	}()
	_, err := newClient(t, tallow.Config{}).Encrypt(ctx, tallow.EncryptOptions{
		Stream: r, Password: "secret", Output: out, OnConflict: tallow.ConflictOverwrite,
	})
	var e *tallow.Error
	if !errors.As(err, &e) || e.Kind != tallow.KindInterrupted {
		t.Errorf("error %v", err)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 {
		t.Errorf("%d things are left, %v", len(left), err)
	}
	if b, err := os.ReadFile(out); string(b) != "old" {
		t.Errorf("the file has %d bytes, %v", len(b), err)
	}
}

func TestEncryptOptions(t *testing.T) {
	client := newClient(t, tallow.Config{})
	tree := files.FS(fstest.MapFS{"a": {Data: []byte("a")}})
	for name, test := range map[string]struct {
		o    tallow.EncryptOptions
		want tallow.Reason
	}{
		"no password": {tallow.EncryptOptions{Source: tree}, tallow.ReasonPasswordEmpty},
		"no source":   {tallow.EncryptOptions{Password: "x"}, tallow.ReasonNothingToSend},
		"two outputs": {tallow.EncryptOptions{Source: tree, Password: "x", Output: "x", Writer: io.Discard}, tallow.ReasonSeveralOutputs},
	} {
		var e *tallow.Error
		if _, err := client.Encrypt(t.Context(), test.o); !errors.As(err, &e) || e.Reason != test.want {
			t.Errorf("%s: %v, want %s", name, err, test.want)
		}
	}
	var e *tallow.Error
	if _, err := client.Decrypt(t.Context(), tallow.DecryptOptions{}); !errors.As(err, &e) || e.Reason != tallow.ReasonNothingToDecrypt {
		t.Errorf("nothing to decrypt: %v", err)
	}
	if _, err := client.Encrypt(t.Context(), tallow.EncryptOptions{Source: tree, Password: "x", Writer: failingWriter{}}); !errors.As(err, &e) || e.Kind != tallow.KindIO {
		t.Errorf("a writer that fails: %v", err)
	}
}

type failingWriter struct{}

func (failingWriter) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }
