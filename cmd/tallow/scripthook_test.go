package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// hookServer notes what relays post to it, by path.
type hookServer struct {
	url string

	mu     sync.Mutex
	bodies map[string][]string
	signed map[string][]string // the headers Tallow-Signature
}

func newHookServer(t *testing.T) *hookServer {
	h := &hookServer{bodies: make(map[string][]string), signed: make(map[string][]string)}
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
		b, err := io.ReadAll(req.Body)
		if err != nil || req.Method != http.MethodPost {
			return
		}
		h.mu.Lock()
		defer h.mu.Unlock()
		h.bodies[req.URL.Path] = append(h.bodies[req.URL.Path], string(b))
		h.signed[req.URL.Path] = append(h.signed[req.URL.Path], req.Header.Get("Tallow-Signature"))
	}))
	t.Cleanup(server.Close)
	h.url = server.URL
	return h
}

// hook NAME puts a URL into NAME that may be notified.
func (h *hookServer) hook(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: hook NAME")
	}
	ts.Setenv(args[0], h.url+"/"+args[0])
}

// hooked NAME KEY N FILE waits until a URL was notified N times or more, checks the
// signatures by the key, and writes the bodies to FILE.
func (h *hookServer) hooked(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 4 {
		ts.Fatalf("usage: hooked NAME KEY N FILE")
	}
	key, err := hex.DecodeString(args[1])
	ts.Check(err)
	want, err := strconv.Atoi(args[2])
	ts.Check(err)
	path := "/" + args[0]
	ts.Check(poll(func() error {
		h.mu.Lock()
		defer h.mu.Unlock()
		if n := len(h.bodies[path]); n < want {
			return fmt.Errorf("notified %d times, want %d: %q", n, want, h.bodies[path])
		}
		return nil
	}))
	h.mu.Lock()
	defer h.mu.Unlock()
	for i, b := range h.bodies[path] {
		m := hmac.New(sha256.New, key)
		m.Write([]byte(b))
		if got, want := h.signed[path][i], "sha256="+hex.EncodeToString(m.Sum(nil)); got != want {
			ts.Fatalf("%s is signed %s, want %s", b, got, want)
		}
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[3]), []byte(strings.Join(h.bodies[path], "\n")+"\n"), 0o600))
}
