// Package vectortest reads the files of testdata/vectors, and holds them against what
// a test derives.
package vectortest

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// Check fails the test unless a vector file is v in JSON, to the byte. With
// TALLOW_TEST_UPDATE=1 it writes the file first.
func Check(t *testing.T, name string, v any) {
	t.Helper()
	var want bytes.Buffer
	e := json.NewEncoder(&want)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		t.Fatal(err)
	}
	if os.Getenv("TALLOW_TEST_UPDATE") == "1" {
		if err := os.WriteFile(path(t, name), want.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(text(t, name), want.Bytes()) {
		t.Errorf("%s is not what this test says; TALLOW_TEST_UPDATE=1 writes it anew", name)
	}
}

// Read decodes a vector file, which may hold more than v takes.
func Read(t *testing.T, name string, v any) {
	t.Helper()
	if err := json.Unmarshal(text(t, name), v); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

func text(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(path(t, name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// path is where a vector file is: a test runs in the folder of its package.
func path(t *testing.T, name string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return filepath.Join(dir, "testdata", "vectors", name)
		}
		above := filepath.Dir(dir)
		if above == dir {
			t.Fatal("there is no go.mod above this test")
		}
		dir = above
	}
}
