package relay

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/relay/stored"
	"github.com/tallow-transfer/tallow/relay/stored/diskstore"
	"github.com/tallow-transfer/tallow/relay/stored/s3store/s3test"
)

// stalling is a client that has sent half of a part, and sends no more of it.
type stalling struct {
	t    *testing.T
	conn net.Conn
}

// stalls begins to put a part at a path of a store.
func (s storing) stalls(path string, number int, part []byte) stalling {
	s.t.Helper()
	address, _ := strings.CutPrefix(s.base, "http://")
	address, prefix, _ := strings.Cut(address, "/")
	conn, err := net.Dial("tcp", address)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = conn.Close() })
	if _, err := fmt.Fprintf(conn, "PUT /%s%s/parts/%d HTTP/1.1\r\nHost: relay\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n",
		prefix, path, number, ownerToken, len(part)); err != nil {
		s.t.Fatal(err)
	}
	if _, err := conn.Write(part[:len(part)/2]); err != nil {
		s.t.Fatal(err)
	}
	eventually(s.t, "the relay reads it", func() bool { return runs("partBody).Read") })
	return stalling{s.t, conn}
}

// answer returns the status and the word that the relay answers with.
func (s stalling) answer() (int, string) {
	s.t.Helper()
	if err := s.conn.SetReadDeadline(time.Now().Add(testTimeout)); err != nil {
		s.t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(s.conn), nil)
	if err != nil {
		s.t.Fatalf("the relay does not answer: %v", err)
	}
	defer resp.Body.Close()
	var body struct {
		Error string `json:"error"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&body); err != nil {
		s.t.Fatal(err)
	}
	return resp.StatusCode, body.Error
}

// runs reports whether a goroutine is in a function.
func runs(function string) bool {
	stacks := make([]byte, 4<<20)
	return strings.Contains(string(stacks[:runtime.Stack(stacks, true)]), function)
}

// free fails the test unless nothing of a Put is left.
func (s storing) free() {
	s.t.Helper()
	for _, function := range []string{"store).put", "partBody).Read", "s3store.(*source)", "s3store.(*Blobs).Put"} {
		eventually(s.t, function+" has ended", func() bool { return !runs(function) })
	}
}

// startStalling starts a relay of each kind of store. A body may stand still for so long.
func startStalling(t *testing.T, s3 bool, quiet time.Duration) (storing, *s3test.Server) {
	t.Helper()
	config := unlimited()
	var server *s3test.Server
	if s3 {
		config.Store, server = s3Store(t)
	} else {
		disk, err := diskstore.Open(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = disk.Close() })
		config.Store = &StoreConfig{Service: stored.New(disk.Index, disk.Blobs, stored.Config{FreeFloor: 1}), CreatesPerMinute: -1, ClaimsPerMinute: -1}
	}
	r, base := start(t, config)
	r.store.quiet = quiet
	return storing{t, base + "/api/store"}, server
}

// A part whose client sends no more of it ends in time, with all that it holds, and can be
// put again.
func TestStoreS3PutStalls(t *testing.T) {
	for name, s3 := range map[string]bool{"S3": true, "disk": false} {
		t.Run(name, func(t *testing.T) {
			s, server := startStalling(t, s3, 300*time.Millisecond)
			whole, parts := container()
			path := s.create(len(whole), 1)
			stalled := s.stalls(path, 1, parts[1])
			if status, word := stalled.answer(); status != http.StatusBadRequest || word != storeMalformed {
				t.Errorf("the answer is %d %s", status, word)
			}
			s.free()
			if server != nil {
				eventually(t, "the bucket's connection is closed", func() bool { return server.Connections() <= 1 })
			}
			var state storedReply
			if err := json.Unmarshal(s.want(http.StatusOK, "", http.MethodGet, path+"/state", ownerToken, nil), &state); err != nil || len(state.Parts) != 0 {
				t.Errorf("the parts are %v, %v", state.Parts, err)
			}
			s.want(http.StatusNoContent, "", http.MethodPut, path+"/parts/1", ownerToken, parts[1])
			s.free()
		})
	}
}

// It ends at once when its client puts the part again by another connection.
func TestStoreS3StalledPutIsReplaced(t *testing.T) {
	for name, s3 := range map[string]bool{"S3": true, "disk": false} {
		t.Run(name, func(t *testing.T) {
			s, _ := startStalling(t, s3, time.Hour)
			whole, parts := container()
			path := s.create(len(whole), 1)
			stalled := s.stalls(path, 1, parts[1])
			s.want(http.StatusNoContent, "", http.MethodPut, path+"/parts/1", ownerToken, parts[1])
			if status, word := stalled.answer(); status != http.StatusBadRequest || word != storeMalformed {
				t.Errorf("the answer is %d %s", status, word)
			}
			s.free()
		})
	}
}

// slowBlobs keeps a part only some time after all of it has come.
type slowBlobs struct {
	stored.Blobs
	after time.Duration
}

// Put returns the context's error if that ends before.
func (b slowBlobs) Put(ctx context.Context, r stored.Record, number int, body io.Reader, size int64) error {
	part, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(b.after):
	}
	return b.Blobs.Put(ctx, r, number, bytes.NewReader(part), size)
}

// A part that has come may take longer to be kept than a body may stand still.
func TestStorePutThatIsKeptSlowly(t *testing.T) {
	const quiet = 50 * time.Millisecond
	disk, err := diskstore.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = disk.Close() })
	config := unlimited()
	config.Store = &StoreConfig{Service: stored.New(disk.Index, slowBlobs{disk.Blobs, 10 * quiet}, stored.Config{FreeFloor: 1}), CreatesPerMinute: -1, ClaimsPerMinute: -1}
	r, base := start(t, config)
	r.store.quiet = quiet
	s := storing{t, base + "/api/store"}
	whole, parts := container()
	s.want(http.StatusNoContent, "", http.MethodPut, s.create(len(whole), 1)+"/parts/1", ownerToken, parts[1])
}
