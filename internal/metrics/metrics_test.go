package metrics

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/tallow-transfer/tallow/relay"
)

var _ relay.Observer = (*Metrics)(nil)

// scrape returns what Prometheus gets.
func scrape(t *testing.T, m *Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if w.Code != http.StatusOK {
		t.Fatalf("status %d: %s", w.Code, w.Body)
	}
	return w.Body.String()
}

func wantLines(t *testing.T, text string, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if !strings.Contains(text, "\n"+line+"\n") {
			t.Errorf("no line %s", line)
		}
	}
}

// What is counted is there as 0 before anything happens, so that a rate can be
// computed from the first event on.
func TestZeros(t *testing.T) {
	wantLines(t, scrape(t, New("v1.2.3")),
		`build_info{version="v1.2.3"} 1`,
		`transfer_started_total{kind="code"} 0`, `transfer_completed_total{kind="resume"} 0`, `transfer_failed_total{kind="code"} 0`,
		`transfer_size_bytes_count{kind="code"} 0`, `transfer_duration_seconds_count{kind="resume"} 0`,
		`websocket_connections_total 0`, `pqc_operations_total{operation="peers"} 0`, `pqc_operations_total{operation="tls"} 0`,
		`throttled_seconds_total 0`, `rooms 0`, `peers 0`, `relayed_bytes_total 0`, `turn_allocations 0`, `store_messages_total{kind="mail",result="sent"} 0`)
}

func TestEvents(t *testing.T) {
	m := New("test")
	m.Watch(func() relay.Stats {
		return relay.Stats{Rooms: 3, MaxRooms: 10, Peers: 5, RelayedBytes: 1 << 40, TURNAllocations: 2}
	})
	m.Request("/ws", "GET", 101, time.Millisecond)
	m.Request("/api/session", "POST", 201, time.Second)
	m.Request("/api/session", "POST", 201, time.Second)
	m.Started(relay.ByCode)
	m.Started(relay.ByCode)
	m.Started(relay.ByResume)
	m.Ended(relay.Transfer{Kind: relay.ByCode, InOrder: true, Bytes: 2000, Took: 2 * time.Second})
	m.Ended(relay.Transfer{Kind: relay.ByCode, Bytes: 100, Took: time.Hour})
	m.Rejected("rate")
	m.Throttled(1500 * time.Millisecond)
	m.Told("callback", "retried")
	m.WatchCertificate(func() time.Time { return time.Unix(1234567890, 0) })
	m.Handshake(tls.ConnectionState{Version: tls.VersionTLS13, CurveID: tls.X25519MLKEM768})
	m.Handshake(tls.ConnectionState{Version: tls.VersionTLS12, CurveID: tls.CurveP256})
	wantLines(t, scrape(t, m),
		`http_requests_total{method="POST",route="/api/session",status="201"} 2`, `http_requests_total{method="GET",route="/ws",status="101"} 1`,
		`http_request_duration_seconds_count{route="/api/session"} 2`, `websocket_connections_total 1`,
		`transfer_started_total{kind="code"} 2`, `transfer_started_total{kind="resume"} 1`,
		`transfer_completed_total{kind="code"} 1`, `transfer_failed_total{kind="code"} 1`,
		`transfer_size_bytes_sum{kind="code"} 2100`, `transfer_duration_seconds_sum{kind="code"} 3602`,
		`pqc_operations_total{operation="peers"} 3`, `pqc_operations_total{operation="tls"} 1`,
		`tls_handshakes_total{key_exchange="X25519MLKEM768",version="TLS 1.3"} 1`, `tls_handshakes_total{key_exchange="CurveP256",version="TLS 1.2"} 1`,
		`rejected_requests_total{reason="rate"} 1`, `throttled_seconds_total 1.5`, `store_messages_total{kind="callback",result="retried"} 1`,
		`rooms 3`, `rooms_limit 10`, `peers 5`, `relayed_bytes_total 1.099511627776e+12`, `turn_allocations 2`, `certificate_expiry_timestamp_seconds 1.23456789e+09`)
}

// Whatever reasons there are, their number is bounded.
func TestReasonsAreBounded(t *testing.T) {
	m := New("test")
	for i := range 10_000 {
		m.Rejected(fmt.Sprint("reason ", i))
	}
	if n := testutil.CollectAndCount(m.rejected); n != maxReasons+1 {
		t.Errorf("%d reasons, want %d", n, maxReasons+1)
	}
}

func TestNamesAreWellFormed(t *testing.T) {
	m := New("test")
	m.Rejected("rate")
	problems, err := testutil.GatherAndLint(m.registry)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}
