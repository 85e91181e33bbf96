//go:build linux

package nettest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// scaleVariable is the environment variable that makes the tests of this file ten
// times as large if it is "1".
const scaleVariable = "TALLOW_TEST_SCALE"

// scaleLimit is how long each of them may take on a slow machine.
const scaleLimit = 15 * time.Minute

// scaled returns n with scaleVariable, and a tenth of it without.
func scaled(n int64) int64 {
	if os.Getenv(scaleVariable) == "1" {
		return n
	}
	return n / 10
}

// Very many files, very large ones and very long names all arrive, and neither side
// needs more memory for them.
func TestScale(t *testing.T) {
	if testing.Short() {
		t.Skip("NOT TESTED: it makes a hundred thousand files and more, and -short was given")
	}
	tests := []struct {
		name  string
		make  func(t *testing.T, folder string)
		files int64
	}{
		{"empty files in one folder", func(t *testing.T, folder string) { manyFiles(t, folder, scaled(300_000), false) }, scaled(300_000)},
		{"a sparse file", func(t *testing.T, folder string) { sparseFile(t, folder, scaled(5<<30)) }, 1},
		{"a name of 255 bytes", func(t *testing.T, folder string) {
			write(t, filepath.Join(folder, strings.Repeat("n", 255)), "a long name")
		}, 1},
		{aLongPath, longPath, 1},
		{"a tree of small files", func(t *testing.T, folder string) { manyFiles(t, folder, scaled(1_000_000), true) }, scaled(1_000_000)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			from, to := filepath.Join(t.TempDir(), "sent"), t.TempDir()
			if err := os.Mkdir(from, 0o755); err != nil {
				t.Fatal(err)
			}
			tt.make(t, from)
			relay := run(t, nil, "relay", "--listen", "127.0.0.1:0").first(t, "listening").Addr
			x := network{}.send(t, from, to, "--relay", relay, "--lanes", "relay")
			x.receiver.exit(t, 0, scaleLimit)
			x.sender.exit(t, 0, scaleLimit)
			sent, received := x.sender.first(t, "done"), x.receiver.first(t, "done")
			if sent.Files != tt.files || received.Files != tt.files || x.receiver.files != tt.files {
				t.Errorf("%d sent, %d received, %d told of, want %d files", sent.Files, received.Files, x.receiver.files, tt.files)
			}
			if offer := x.receiver.first(t, "offer"); offer.Files != tt.files || offer.Bytes != sent.Bytes {
				t.Errorf("the offer said %d files, %d bytes; it were %d bytes", offer.Files, offer.Bytes, sent.Bytes)
			}
			if tt.name == aLongPath {
				sameDeepFile(t, from, filepath.Join(to, "sent"))
			} else if files, bytes := same(t, from, filepath.Join(to, "sent")); files != tt.files || bytes != sent.Bytes {
				t.Errorf("%d files with %d bytes are there, want %d with %d", files, bytes, tt.files, sent.Bytes)
			}
			alone(t, to, "sent")
			for _, side := range []*command{x.sender, x.receiver} {
				t.Logf("%s: %d files, %d bytes in %.1f s, %.1f MiB of memory", side.name, tt.files, sent.Bytes, received.Seconds, float64(side.peakMemory())/(1<<20))
				if side.peakMemory() > maxMemory {
					t.Errorf("%s needed %d MiB, over %d", side.name, side.peakMemory()>>20, maxMemory>>20)
				}
			}
		})
	}
}

// manyFiles makes n files. As a tree, they are in folders of a thousand and have some
// bytes each.
func manyFiles(t *testing.T, folder string, n int64, tree bool) {
	t.Helper()
	for i := range n {
		if !tree {
			write(t, filepath.Join(folder, fmt.Sprintf("file-%06d", i)), "")
			continue
		}
		in := filepath.Join(folder, fmt.Sprintf("%02d", i/10_000), fmt.Sprintf("%d", i/1000%10))
		if i%1000 == 0 {
			if err := os.MkdirAll(in, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		write(t, filepath.Join(in, fmt.Sprintf("file-%03d", i%1000)), fmt.Sprintf("the bytes of file %d", i))
	}
}

// sparseFile makes a sparse file with some bytes in the middle and at the end.
func sparseFile(t *testing.T, folder string, size int64) {
	t.Helper()
	f, err := os.Create(filepath.Join(folder, "sparse"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, at := range []int64{size / 2, size - 3} {
		if _, err := f.WriteAt([]byte("end"), at); err != nil {
			t.Fatal(err)
		}
	}
}

const aLongPath = "a path of 4,000 bytes"

// deepPath returns the longest path that tallow accepts, relative to the folder that
// is sent. The absolute path is longer than the system accepts, so that it has to be
// walked step by step.
func deepPath() (folder, file string) {
	folder = strings.Repeat("/"+strings.Repeat("d", 249), 16)[1:]
	return folder, folder + "/end"
}

func longPath(t *testing.T, folder string) {
	t.Helper()
	root := rooted(t, folder)
	deep, file := deepPath()
	if err := root.MkdirAll(deep, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := root.WriteFile(file, []byte("far down"), 0o644); err != nil {
		t.Fatal(err)
	}
}

// sameDeepFile fails unless both folders have the file at the long path.
func sameDeepFile(t *testing.T, want, got string) {
	t.Helper()
	_, file := deepPath()
	var bytes, times [2]string
	for i, folder := range []string{want, got} {
		root := rooted(t, folder)
		content, err := root.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		info, err := root.Lstat(file)
		if err != nil {
			t.Fatal(err)
		}
		bytes[i], times[i] = string(content), info.Mode().String()+info.ModTime().String()
	}
	if bytes[0] != bytes[1] || times[0] != times[1] {
		t.Errorf("sent %q %s, received %q %s", bytes[0], times[0], bytes[1], times[1])
	}
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func rooted(t *testing.T, folder string) *os.Root {
	t.Helper()
	root, err := os.OpenRoot(folder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = root.Close() })
	return root
}
