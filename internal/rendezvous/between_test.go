package rendezvous

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// An answer that a server in front of the relay gives is not taken for one of the
// relay.
func TestAnswersFromBetween(t *testing.T) {
	for _, tc := range []struct {
		status  int
		body    string
		between bool
		upgrade bool
	}{
		{426, `{"error":"upgrade","message":"This is a WebSocket."}`, true, true},
		{426, "", true, true},
		{502, "<html>Bad Gateway</html>", true, false},
		{503, "", true, false},
		{504, "", true, false},
		{503, `{"error":"closing","message":"The relay is shutting down."}`, false, false},
		{404, "<html>Not Found</html>", false, false},
		{500, "", false, false},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(tc.status)
			_, _ = fmt.Fprint(w, tc.body)
		}))
		c := client(t, "ws://"+strings.TrimPrefix(server.URL, "http://"))
		_, joinErr := c.Join(t.Context(), "7")
		_, openErr := c.Open(t.Context(), OpenRequest{})
		for _, err := range []error{joinErr, openErr} {
			var e *BetweenError
			if errors.As(err, &e) != tc.between || tc.between && (e.Upgrade != tc.upgrade || e.Status != tc.status) {
				t.Errorf("%d %s: %v", tc.status, tc.body, err)
			}
		}
		server.Close()
	}
}
