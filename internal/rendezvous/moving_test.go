//go:build !js

package rendezvous

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/relay"
)

// Where a relay is several machines, one of them may end between two requests.
// Nobody notices.
func TestJoinWhileTheRelayMoves(t *testing.T) {
	r, err := relay.New(relay.Config{})
	if err != nil {
		t.Fatal(err)
	}
	var refusals atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if n := refusals.Load(); req.URL.Path == "/ws" && n > 0 {
			refusals.Add(-1)
			code := []wire.RoomErrorCode{wire.RoomClosing, wire.RoomUnavailable}[n%2]
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = w.Write(wire.Refusal{Code: code, Message: "Later."}.Append(nil))
			return
		}
		r.ServeHTTP(w, req)
	}))
	defer server.Close()
	defer r.Close()
	c := client(t, strings.TrimPrefix(server.URL, "http://"))

	refusals.Store(2)
	s, err := c.Open(t.Context(), OpenRequest{Nonce: testNonce()})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	refusals.Store(2)
	receiver, err := c.Join(t.Context(), s.Nameplate())
	if err != nil {
		t.Fatal(err)
	}
	defer receiver.Close()
	wantEvent(t, s, Joined)

	// Who resumes tries again on its own, and is told at once.
	refusals.Store(1)
	_, err = c.Resume(t.Context(), [16]byte{1}, [16]byte{2})
	var refused *RelayError
	if !errors.As(err, &refused) || refused.Code != wire.RoomUnavailable {
		t.Errorf("a resumption: %v", err)
	}
}
