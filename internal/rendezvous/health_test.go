package rendezvous

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

func TestHealth(t *testing.T) {
	for _, tc := range []struct {
		what, date, body string
		dated            bool
		offset           time.Duration
		version          string
		fails            bool
	}{
		{"a relay", time.Now().UTC().Format(http.TimeFormat), `{"service":"tallow-relay","status":"ok","version":"v1.2.3","protocol":2}`, true, 0, "v1.2.3", false},
		{"one whose clock is ahead", time.Now().Add(time.Hour).UTC().Format(http.TimeFormat), `{"service":"tallow-relay","status":"ok","protocol":2}`, true, time.Hour, "", false},
		{"one whose date is nonsense", "yesterday", `{"service":"tallow-relay","status":"ok","version":"v1\u001b[2J","protocol":2}`, false, 0, "v1[2J", false},
		{"something else", "", `{"service":"web"}`, false, 0, "", true},
	} {
		t.Run(tc.what, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/api/health" {
					t.Errorf("%s was asked for", r.URL)
				}
				w.Header().Set("Date", tc.date)
				_, _ = w.Write([]byte(tc.body))
			}))
			defer server.Close()
			endpoint, err := ParseRelay(server.URL)
			if err != nil {
				t.Fatal(err)
			}
			h, err := New(endpoint, Options{}).Health(t.Context())
			if (err != nil) != tc.fails {
				t.Fatal(err)
			}
			if h.Dated != tc.dated || (h.Offset-tc.offset).Abs() > time.Minute || h.Version != tc.version || h.Secure {
				t.Errorf("%+v", h)
			}
		})
	}
}
