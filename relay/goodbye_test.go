package relay

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/gorilla/websocket"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// What the other peer said before the relay shut down arrives, and only then the
// goodbye: it may be why the other peer, whose process the relay is, ends.
func TestLastWordsComeBeforeTheGoodbye(t *testing.T) {
	pool := &sync.Pool{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		conn, err := (&websocket.Upgrader{}).Upgrade(w, req, nil)
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		s := newSocket(conn, pool, unobserved{}.Throttled)
		for range queueLength {
			s.peer.put(&message{frame: append([]byte{byte(wire.RoomForwardKind)}, "why"...)}, nil)
		}
		s.peer.dismiss(wire.RoomClosing)
		s.write()
		_, _, _ = conn.ReadMessage() // until the client has read everything
	}))
	defer server.Close()
	for range 20 { // the order was a matter of chance
		conn, _, err := websocket.DefaultDialer.DialContext(t.Context(), webSocket(server.URL), nil)
		if err != nil {
			t.Fatal(err)
		}
		c := client{t, conn}
		for range queueLength {
			c.wantForward("why")
		}
		c.wantError(wire.RoomClosing)
		_ = conn.Close()
	}
}
