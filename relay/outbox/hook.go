package outbox

import (
	"bytes"
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"syscall"
	"time"

	"github.com/tallow-transfer/tallow/internal/mail"
	"github.com/tallow-transfer/tallow/internal/publicaddr"
	"github.com/tallow-transfer/tallow/relay/stored"
)

// Hooks call the URLs that senders want to have called.
type Hooks struct {
	// AllowPrivate allows addresses of private networks and of this machine, and plain HTTP
	// to this machine. Those of this link, and of the metadata of clouds, are never called.
	AllowPrivate bool
	// Schedule says when a URL is called again; by default for two hours.
	Schedule mail.Schedule
	// Timeout is how long a call may take; 10 seconds by default.
	Timeout time.Duration
	// Roots are the authorities of certificates; nil for those of the system.
	Roots *x509.CertPool
}

// SignatureHeader has the signature of a call: "sha256=" and in hexadecimal the
// HMAC-SHA256 of the body, under the SHA-256 of the sender's token.
const SignatureHeader = "Tallow-Signature"

// maxURL is how long a URL may be, in bytes.
const maxURL = 2000

// ErrURL is the error of a URL that is never called.
var ErrURL = errors.New("it is not a URL that may be called")

// Check returns ErrURL if a URL is none that may be called. To which address its name leads is
// only known when it is called, and looked at then.
func (h *Hooks) Check(text string) error {
	u, err := url.Parse(text)
	if err != nil || len(text) > maxURL || u.Hostname() == "" || u.Opaque != "" || u.User != nil || u.Fragment != "" {
		return ErrURL
	}
	address, err := netip.ParseAddr(u.Hostname())
	if err == nil && !h.allows(address, u.Scheme) {
		return ErrURL
	}
	switch u.Scheme {
	case "https":
		return nil
	case "http":
		if h.AllowPrivate && (err == nil || u.Hostname() == "localhost") {
			return nil
		}
	}
	return ErrURL
}

// allows reports whether an address may be called.
func (h *Hooks) allows(a netip.Addr, scheme string) bool {
	switch publicaddr.Of(a) {
	case publicaddr.Public:
		return scheme == "https"
	case publicaddr.Private:
		return h.AllowPrivate && scheme == "https"
	case publicaddr.Loopback:
		return h.AllowPrivate
	default:
		return false
	}
}

// client returns what calls URLs of a scheme. It follows no redirect, uses no proxy, and
// looks at each address that a name has led to before it connects.
func (h *Hooks) client(scheme string) *http.Client {
	dialer := net.Dialer{Control: func(_, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil || !h.allows(at.Addr(), scheme) {
			return ErrURL
		}
		return nil
	}}
	return &http.Client{
		Transport: &http.Transport{
			DialContext: dialer.DialContext, DisableKeepAlives: true, MaxResponseHeaderBytes: 16 << 10,
			TLSClientConfig: &tls.Config{RootCAs: h.Roots, MinVersion: tls.VersionTLS12},
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       cmp.Or(h.Timeout, 10*time.Second),
	}
}

// call is what a URL is told.
type call struct {
	ID        string           `json:"id"`
	Event     stored.EventKind `json:"event"`
	Time      int64            `json:"time"` // seconds since 1970
	Done      int              `json:"done"`
	Downloads int              `json:"downloads"`
}

// errGone says that a URL wants no more calls.
var errGone = errors.New("it is gone")

// post calls the URL of a transfer.
func (h *Hooks) post(ctx context.Context, r stored.Record, e stored.Event) error {
	u, err := url.Parse(r.Notify)
	if err != nil {
		return ErrURL
	}
	if err := h.Check(r.Notify); err != nil {
		return err
	}
	body, err := json.Marshal(call{ID: r.ID.String(), Event: e.Kind, Time: e.Time.Unix(), Done: e.Done, Downloads: r.Downloads})
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), bytes.NewReader(body))
	if err != nil {
		return ErrURL
	}
	sum := hmac.New(sha256.New, r.Owner[:])
	sum.Write(body)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "tallow")
	req.Header.Set(SignatureHeader, "sha256="+hex.EncodeToString(sum.Sum(nil)))
	answer, err := h.client(u.Scheme).Do(req)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, 4096))
	switch {
	case answer.StatusCode/100 == 2:
		return nil
	case answer.StatusCode == http.StatusGone:
		return errGone
	}
	return fmt.Errorf("it has answered %d", answer.StatusCode)
}

// defaultCalls is when a URL is called that did not answer.
func defaultCalls() mail.Schedule {
	return mail.Schedule{
		Waits:  []time.Duration{5 * time.Second, 15 * time.Second, time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute},
		GiveUp: 2 * time.Hour,
	}
}

// call tells a URL of an event.
func (o *Outbox) call(ctx context.Context, t stored.Task) {
	h := o.config.Hooks
	if h == nil {
		o.settle(ctx, t, stored.Outcome{})
		return
	}
	late, cancel := o.graceful(ctx)
	err := h.post(late, t.Record, *t.Event)
	cancel()
	result := h.outcome(t, err, time.Now())
	o.settle(ctx, t, result)
	o.told(Callback, result)
}

// outcome says what becomes of an event after a call.
func (h *Hooks) outcome(t stored.Task, err error, now time.Time) stored.Outcome {
	switch {
	case err == nil:
		return stored.Outcome{Done: true}
	case errors.Is(err, context.Canceled):
		return stored.Outcome{Again: now, Interrupted: true}
	case errors.Is(err, ErrURL), errors.Is(err, errGone):
		return stored.Outcome{}
	}
	schedule := h.Schedule
	if len(schedule.Waits) == 0 {
		schedule = defaultCalls()
	}
	again, ok := schedule.Next(t.Event.Time, now, t.Event.Failures+1)
	if !ok {
		return stored.Outcome{}
	}
	return stored.Outcome{Again: again}
}
