package relay

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/tallow-transfer/tallow/relay/stored"
	"github.com/tallow-transfer/tallow/relay/stored/diskstore"
)

// storeChildEnv has the folder of a relay that is killed.
const storeChildEnv = "TALLOW_TEST_STORE"

// An upload goes on where it was when its relay was killed in the middle of it.
func TestStoreKilled(t *testing.T) {
	if dir := os.Getenv(storeChildEnv); dir != "" {
		serveStore(t, dir)
	}
	dir := t.TempDir()
	first := startStoreChild(t, dir)
	whole, parts := sealedData()
	path := first.create(len(whole), 1)
	first.want(http.StatusNoContent, "", http.MethodPut, path+"/parts/1", ownerToken, parts[1])

	// Part 0 breaks off in the middle: the relay has half of it.
	body, w := io.Pipe()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, first.base+path+"/parts/0", body)
	if err != nil {
		t.Fatal(err)
	}
	req.ContentLength = int64(len(parts[0]))
	req.Header.Set("Authorization", "Bearer "+ownerToken)
	answered := make(chan error, 1)
	go func() {
		resp, err := http.DefaultClient.Do(req)
		if err == nil {
			_ = resp.Body.Close()
		}
		answered <- err
	}()
	if _, err := w.Write(parts[0][:len(parts[0])/2]); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the relay writes the part", func() bool {
		files, _ := filepath.Glob(filepath.Join(dir, "parts", "*", ".new-*"))
		return len(files) > 0
	})
	first.kill()
	_ = w.CloseWithError(io.ErrClosedPipe)
	if err := <-answered; err == nil {
		t.Error("half a part was answered")
	}

	second := startStoreChild(t, dir)
	var state storedReply
	if err := json.Unmarshal(second.want(http.StatusOK, "", http.MethodGet, path+"/state", ownerToken, nil), &state); err != nil || !slices.Equal(state.Parts, [][2]int{{1, 1}}) {
		t.Fatalf("the parts are %v, %v; want the one that was confirmed", state.Parts, err)
	}
	second.want(http.StatusNoContent, "", http.MethodPut, path+"/parts/0", ownerToken, parts[0])
	second.want(http.StatusOK, "", http.MethodPost, path+"/complete", ownerToken, map[string]int{"parts": 2})
	second.kill()

	third := startStoreChild(t, dir)
	third.want(http.StatusOK, "", http.MethodPost, path+"/claim", "", claimBody())
	if got := third.want(http.StatusOK, "", http.MethodGet, path+"/data", claimToken, nil); !bytes.Equal(got, whole) {
		t.Errorf("%d bytes, want %d", len(got), len(whole))
	}
	third.kill()
}

// storeChild is a relay in a process of its own.
type storeChild struct {
	storing
	kill func() // with SIGKILL
}

func startStoreChild(t *testing.T, dir string) storeChild {
	t.Helper()
	return startRelayChild(t, "TestStoreKilled", storeChildEnv+"="+dir)
}

// startRelayChild starts a test of this program in a process of its own, with a variable by
// which it knows that it is to serve a relay and print its address.
func startRelayChild(t *testing.T, test, variable string) storeChild {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^"+test+"$")
	child.Env = append(os.Environ(), variable)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	kill := sync.OnceFunc(func() {
		_ = child.Process.Kill()
		_ = child.Wait()
		http.DefaultClient.CloseIdleConnections()
	})
	t.Cleanup(kill)
	addr, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the relay has said %q: %v", addr, err)
	}
	return storeChild{storing{t, "http://" + strings.TrimSpace(addr) + "/api/store"}, kill}
}

// serveStore serves a store, and prints its address, until it is killed.
func serveStore(t *testing.T, dir string) {
	disk, err := diskstore.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	listener := listenTest(t)
	config := unlimited()
	config.Store = &StoreConfig{Service: stored.New(disk.Index, disk.Blobs, stored.Config{FreeFloor: 1})}
	if _, err := os.Stdout.WriteString(listener.Addr().String() + "\n"); err != nil {
		t.Fatal(err)
	}
	if err := Serve(context.Background(), listener, nil, config); err != nil {
		t.Fatal(err)
	}
}
