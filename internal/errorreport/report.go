// Package errorreport reports the errors of a server to Sentry, without what could be
// secret. What is reported is what is logged as an error, so there is one place that
// decides what an error is: the log. scrub.go decides what of it may leave.
//
//	r, err := errorreport.New(dsn, version)
//	logger := slog.New(r.Handler(handler))
//	defer r.Close()
package errorreport

import (
	"context"
	"log/slog"
	"time"

	"github.com/getsentry/sentry-go"
	"golang.org/x/time/rate"
)

const (
	// A server that fails again and again reports an error every interval, after a
	// burst.
	interval = 30 * time.Second
	burst    = 10
	// flushTimeout is how long Close waits for reports to be sent.
	flushTimeout = 2 * time.Second
)

// Reporter sends reports.
type Reporter struct {
	client   *sentry.Client
	limit    *rate.Limiter
	scrubber scrubber
}

// New makes a reporter that sends to a DSN. Nothing that Sentry's library finds out on
// its own goes along: neither the name of the machine, nor its environment, modules,
// or source.
func New(dsn, version string) (*Reporter, error) {
	client, err := sentry.NewClient(sentry.ClientOptions{
		Dsn:                    dsn,
		Release:                "tallow@" + version,
		Environment:            "relay",
		ServerName:             "relay",
		Integrations:           func([]sentry.Integration) []sentry.Integration { return nil },
		BeforeSend:             func(event *sentry.Event, _ *sentry.EventHint) *sentry.Event { return bare(event) },
		MaxBreadcrumbs:         -1,
		DisableClientReports:   true,
		DisableTelemetryBuffer: true,
	})
	if err != nil {
		return nil, err
	}
	return &Reporter{client: client, limit: rate.NewLimiter(rate.Every(interval), burst), scrubber: newScrubber()}, nil
}

// Close sends what waits, for a while.
func (r *Reporter) Close() {
	r.client.Flush(flushTimeout)
	r.client.Close()
}

// report sends one record of the log.
func (r *Reporter) report(record slog.Record, attrs []slog.Attr) {
	if !r.limit.Allow() {
		return
	}
	event := sentry.NewEvent()
	event.Level = sentry.LevelError
	event.Logger = "slog"
	event.Timestamp = record.Time
	message, stack := splitPanic(record.Message)
	event.Message = r.scrubber.scrub(message)
	event.Tags = make(map[string]string)
	add := func(a slog.Attr) bool {
		if reported(a.Key) {
			event.Tags[a.Key] = r.scrubber.scrub(a.Value.String())
		}
		return true
	}
	for _, a := range attrs {
		add(a)
	}
	record.Attrs(add)
	if stack != "" {
		event.Contexts["panic"] = sentry.Context{"stack": stack}
	}
	event.Fingerprint = []string{event.Message}
	r.client.CaptureEvent(event, nil, nil)
}

// Handler returns a handler that passes all on to next, and reports errors.
func (r *Reporter) Handler(next slog.Handler) slog.Handler {
	return handler{Handler: next, reporter: r}
}

type handler struct {
	slog.Handler
	reporter *Reporter
	attrs    []slog.Attr
}

// Handle implements slog.Handler.
func (h handler) Handle(ctx context.Context, record slog.Record) error {
	if record.Level >= slog.LevelError {
		h.reporter.report(record, h.attrs)
	}
	return h.Handler.Handle(ctx, record)
}

// WithAttrs implements slog.Handler.
func (h handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	h.attrs = append(h.attrs[:len(h.attrs):len(h.attrs)], attrs...)
	h.Handler = h.Handler.WithAttrs(attrs)
	return h
}

// WithGroup implements slog.Handler.
func (h handler) WithGroup(name string) slog.Handler {
	h.Handler = h.Handler.WithGroup(name)
	return h
}
