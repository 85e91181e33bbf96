// Package metrics has the Prometheus metrics of a relay. A relay passes on what it
// cannot read, so its metrics tell how it is used, and not what is sent; the help of
// each says what it can mean. No label tells one peer, address or room from another.
//
// Start with Metrics, which is a relay.Observer; collector.go has what is counted when
// it is asked for.
package metrics

import (
	"crypto/tls"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/tallow-transfer/tallow/relay"
	"github.com/tallow-transfer/tallow/relay/outbox"
)

// maxReasons bounds the values of the label reason.
const maxReasons = 64

// Metrics are the metrics of one relay.
type Metrics struct {
	registry *prometheus.Registry
	now      *collector

	requests        *prometheus.CounterVec
	requestDuration *prometheus.HistogramVec
	webSockets      prometheus.Counter

	started  *prometheus.CounterVec
	ended    map[bool]*prometheus.CounterVec // by whether it was in order
	size     *prometheus.HistogramVec
	duration *prometheus.HistogramVec

	pqc           *prometheus.CounterVec
	tlsHandshakes *prometheus.CounterVec
	throttled     prometheus.Counter
	rejected      *prometheus.CounterVec
	told          *prometheus.CounterVec

	mu      sync.Mutex
	reasons map[string]bool
}

// New makes metrics for a program of a version, in a registry of their own.
func New(version string) *Metrics {
	registry := prometheus.NewRegistry()
	m := &Metrics{registry: registry, now: newCollector(), reasons: make(map[string]bool)}
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
		registry.MustRegister(c)
		return c
	}
	histogram := func(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
		h := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}, labels)
		registry.MustRegister(h)
		return h
	}
	m.requests = counter("http_requests_total",
		"HTTP requests that were answered, by route, method and status. The status 101 is a WebSocket.", "route", "method", "status")
	m.requestDuration = histogram("http_request_duration_seconds",
		"Time until a request was answered, or had become a WebSocket.", prometheus.DefBuckets, "route")
	m.webSockets = counter("websocket_connections_total", "WebSockets that were opened.").WithLabelValues()
	m.started = counter("transfer_started_total",
		"Transfers that started, as far as a relay can tell: a code was tried while both peers were there (kind code), or two peers met again after their connections broke (kind resume). It cannot tell a wrong code from a right one.", "kind")
	m.ended = map[bool]*prometheus.CounterVec{
		true: counter("transfer_completed_total",
			"Transfers of transfer_started_total whose peers both said goodbye before they left. They have finished, were declined, or the code was wrong: a relay cannot tell which.", "kind"),
		false: counter("transfer_failed_total",
			"Transfers of transfer_started_total that ended otherwise: a connection broke, the relay ended it, or a peer went away. The peers may resume it, which counts as another one, of the kind resume.", "kind"),
	}
	m.size = histogram("transfer_size_bytes",
		"Bytes that the relay passed on for each transfer that ended. What goes by a direct lane is not in it; then these are handshake and signalling alone.",
		prometheus.ExponentialBuckets(1<<10, 8, 9), "kind") // 1 KiB to 16 GiB
	m.duration = histogram("transfer_duration_seconds",
		"Time from the start of each transfer that ended to the end of its room.",
		[]float64{0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600, 14400, 86400}, "kind")
	m.pqc = counter("pqc_operations_total",
		"Post-quantum handshakes that were seen: of peers (operation peers, one for each transfer that started; the relay cannot tell whether it succeeded), and of TLS connections to the relay itself (operation tls).", "operation")
	m.tlsHandshakes = counter("tls_handshakes_total", "TLS handshakes of the relay itself, by version and key exchange.", "version", "key_exchange")
	m.rejected = counter("rejected_requests_total", "Requests, joins and connections that were refused, by reason.", "reason")
	m.throttled = counter("throttled_seconds_total", "Time that peers were made to wait by limits of bytes a second.").WithLabelValues()
	m.told = counter("store_messages_total", "Attempts to tell somebody of a stored transfer: by a mail (kind mail), or by calling a URL of its sender (kind callback). The result is sent, retried or failed, which is for good.", "kind", "result")
	info := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "build_info", Help: "The version of the relay; the value is 1."}, []string{"version"})
	info.WithLabelValues(version).Set(1)
	registry.MustRegister(info, m.now, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	for _, kind := range []relay.TransferKind{relay.ByCode, relay.ByResume} { // so that they are there as 0
		m.started.WithLabelValues(string(kind))
		m.ended[true].WithLabelValues(string(kind))
		m.ended[false].WithLabelValues(string(kind))
		m.size.WithLabelValues(string(kind))
		m.duration.WithLabelValues(string(kind))
	}
	for _, result := range []outbox.Result{outbox.Sent, outbox.Again, outbox.Failed} {
		m.told.WithLabelValues(string(outbox.MailOut), string(result))
		m.told.WithLabelValues(string(outbox.Callback), string(result))
	}
	m.pqc.WithLabelValues("peers")
	m.pqc.WithLabelValues("tls")
	return m
}

// Handler serves the metrics.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4})
}

// Watch implements relay.Observer.
func (m *Metrics) Watch(stats func() relay.Stats) { m.now.watch(stats) }

// WatchCertificate says when the relay's certificate expires.
func (m *Metrics) WatchCertificate(expires func() time.Time) { m.now.expires.Store(&expires) }

// Request implements relay.Observer.
func (m *Metrics) Request(route, method string, status int, took time.Duration) {
	m.requests.WithLabelValues(route, method, strconv.Itoa(status)).Inc()
	m.requestDuration.WithLabelValues(route).Observe(took.Seconds())
	if status == http.StatusSwitchingProtocols {
		m.webSockets.Inc()
	}
}

// Started implements relay.Observer.
func (m *Metrics) Started(kind relay.TransferKind) {
	m.started.WithLabelValues(string(kind)).Inc()
	m.pqc.WithLabelValues("peers").Inc()
}

// Ended implements relay.Observer.
func (m *Metrics) Ended(t relay.Transfer) {
	m.ended[t.InOrder].WithLabelValues(string(t.Kind)).Inc()
	m.size.WithLabelValues(string(t.Kind)).Observe(float64(t.Bytes))
	m.duration.WithLabelValues(string(t.Kind)).Observe(t.Took.Seconds())
}

// Rejected implements relay.Observer.
func (m *Metrics) Rejected(reason string) {
	m.rejected.WithLabelValues(m.bounded(reason)).Inc()
}

// Throttled implements relay.Observer.
func (m *Metrics) Throttled(wait time.Duration) { m.throttled.Add(wait.Seconds()) }

// Told implements relay.Observer.
func (m *Metrics) Told(what, result string) { m.told.WithLabelValues(what, result).Inc() }

// bounded keeps the number of reasons small, whatever they are.
func (m *Metrics) bounded(reason string) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.reasons[reason] {
		if len(m.reasons) >= maxReasons {
			return "other"
		}
		m.reasons[reason] = true
	}
	return reason
}

// Handshake counts a TLS handshake of the relay.
func (m *Metrics) Handshake(s tls.ConnectionState) {
	m.tlsHandshakes.WithLabelValues(tls.VersionName(s.Version), s.CurveID.String()).Inc()
	if isPostQuantum(s.CurveID) {
		m.pqc.WithLabelValues("tls").Inc()
	}
}

func isPostQuantum(curve tls.CurveID) bool {
	switch curve {
	case tls.X25519MLKEM768, tls.SecP256r1MLKEM768, tls.SecP384r1MLKEM1024:
		return true
	}
	return false
}
