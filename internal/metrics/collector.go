package metrics

import (
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tallow-transfer/tallow/relay"
)

// collector counts what is there when the metrics are asked for.
type collector struct {
	stats   atomic.Pointer[func() relay.Stats]
	expires atomic.Pointer[func() time.Time] // of the certificate; nil without TLS
	start   time.Time

	rooms, maxRooms, peers, relayed, turn, messages, watchers, uptime, expiry *prometheus.Desc
}

func newCollector() *collector {
	describe := func(name, help string) *prometheus.Desc { return prometheus.NewDesc(name, help, nil, nil) }
	return &collector{
		start:    time.Now(),
		rooms:    describe("rooms", "Rooms that are open, of codes and of peers that resume."),
		maxRooms: describe("rooms_limit", "Rooms that there can be."),
		peers:    describe("peers", "Peers that are connected, in a room or about to join one."),
		relayed:  describe("relayed_bytes_total", "Bytes that were passed on between peers, signalling included."),
		turn:     describe("turn_allocations", "TURN allocations that are open."),
		messages: describe("mailbox_messages", "Messages that wait in the mailbox, counted once a minute; relays that share a Redis have the same."),
		watchers: describe("mailbox_watchers", "Requests that wait for messages of the mailbox."),
		uptime:   describe("uptime_seconds", "Time since the relay started."),
		expiry:   describe("certificate_expiry_timestamp_seconds", "When the relay's certificate expires, in seconds since 1970; 0 if there is none yet. Absent without TLS."),
	}
}

func (c *collector) watch(stats func() relay.Stats) { c.stats.Store(&stats) }

// Describe implements prometheus.Collector.
func (c *collector) Describe(descriptions chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{c.rooms, c.maxRooms, c.peers, c.relayed, c.turn, c.messages, c.watchers, c.uptime, c.expiry} {
		descriptions <- d
	}
}

// Collect implements prometheus.Collector.
func (c *collector) Collect(metrics chan<- prometheus.Metric) {
	var s relay.Stats
	if stats := c.stats.Load(); stats != nil {
		s = (*stats)()
	}
	gauge := func(d *prometheus.Desc, value float64) {
		metrics <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value)
	}
	gauge(c.rooms, float64(s.Rooms))
	gauge(c.maxRooms, float64(s.MaxRooms))
	gauge(c.peers, float64(s.Peers))
	gauge(c.turn, float64(s.TURNAllocations))
	gauge(c.messages, float64(s.Messages))
	gauge(c.watchers, float64(s.Watchers))
	gauge(c.uptime, time.Since(c.start).Seconds())
	if expires := c.expires.Load(); expires != nil {
		seconds := 0.0
		if at := (*expires)(); !at.IsZero() {
			seconds = float64(at.Unix())
		}
		gauge(c.expiry, seconds)
	}
	metrics <- prometheus.MustNewConstMetric(c.relayed, prometheus.CounterValue, float64(s.RelayedBytes))
}
