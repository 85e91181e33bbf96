package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tallow-transfer/tallow/pkg/tallow"
)

// Who asks to keep a page in a browser is told that no page can be kept.
func TestPageIsNotKept(t *testing.T) {
	for want, peer := range map[string]tallow.Peer{"it is a page in a browser": {Page: true}, "it did not ask for it": {}} {
		stderr, err := os.Create(filepath.Join(t.TempDir(), "stderr"))
		if err != nil {
			t.Fatal(err)
		}
		p := withEnvironment(nil)
		p.stdin, p.stdout, p.stderr = os.Stdin, os.Stdout, stderr
		(&deviceKeeper{program: p, name: "desk"}).unasked(peer, "receiver")
		_ = stderr.Close()
		if b, err := os.ReadFile(stderr.Name()); err != nil || !strings.Contains(string(b), "The receiver is not kept as desk: "+want) {
			t.Errorf("%q, %v", b, err)
		}
	}
}
