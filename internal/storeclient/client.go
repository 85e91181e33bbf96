package storeclient

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/textproto"
	"strconv"
	"time"

	"github.com/tallow-transfer/tallow/internal/rendezvous"
	"github.com/tallow-transfer/tallow/internal/storelink"
)

// How long a request may take: one with a short answer as a whole, and one with many
// bytes without any of them moving.
const (
	shortTimeout = time.Minute
	quietTimeout = time.Minute
)

// maxAnswer bounds a JSON answer, in bytes. The state of an upload names the parts
// that are there, but those next to each other together.
const maxAnswer = 1 << 20

// Token proves who is the sender of a transfer.
type Token [32]byte

// Proof proves that a receiver has the key: the claim of the container.
type Proof [32]byte

// ClaimID is the name of a claim, which its receiver chooses at random and keeps: the
// same name claims the same download again.
type ClaimID [16]byte

// Client makes the requests to one relay's store. It is safe for concurrent use.
//
// Every method may return, beside what it says, a *Error if the store refuses, a
// *NoStoreError if the relay has none, the errors of rendezvous.Client.Open but
// *LostError, and the cause of its context.
type Client struct {
	requests *rendezvous.Requests
	bucket   bucket
	quiet    time.Duration
}

// New returns a client of a relay's store. Close it at the end.
func New(c *rendezvous.Client) *Client {
	return &Client{requests: c.Requests(), bucket: bucket{requests: c.Elsewhere()}, quiet: quietTimeout}
}

// Close closes the connections that no request uses.
func (c *Client) Close() {
	c.requests.Close()
	c.bucket.requests.Close()
}

// Address returns the http or https URL by which the relay is reached: what is before
// /d/ in a link.
func (c *Client) Address(ctx context.Context) (string, error) { return c.requests.Address(ctx) }

// call is a request.
type call struct {
	method string
	id     storelink.ID
	rest   string // of the path, behind the id
	bearer []byte
	json   any // its body, or
	body   rendezvous.Body
	header textproto.MIMEHeader
	want   int // the status of success
}

// path returns the path of a call.
func (q call) path() string {
	if q.id == (storelink.ID{}) {
		return "api/store"
	}
	return "api/store/" + q.id.String() + q.rest
}

// request returns the request of a call.
func (q call) request() (rendezvous.HTTPRequest, error) {
	r := rendezvous.HTTPRequest{Method: q.method, Path: q.path(), Header: textproto.MIMEHeader{}, Body: q.body}
	for name, values := range q.header {
		r.Header[name] = values
	}
	if q.bearer != nil {
		r.Header.Set("Authorization", "Bearer "+hex.EncodeToString(q.bearer))
	}
	if q.json != nil {
		b, err := json.Marshal(q.json)
		if err != nil {
			return r, err
		}
		r.Body = bytes.NewReader(b)
		r.Header.Set("Content-Type", "application/json")
	}
	return r, nil
}

// short makes a call whose answer is short, and parses it into to unless that is nil.
func (c *Client) short(ctx context.Context, q call, to any) error {
	return c.ask(ctx, q, func(body io.Reader) error {
		if to == nil {
			_, _ = io.CopyN(io.Discard, body, maxAnswer) // so that the connection is used again
			return nil
		}
		b, err := c.all(body, maxAnswer)
		if err != nil {
			return err
		}
		if err := json.Unmarshal(b, to); err != nil {
			return c.requests.Nonsense("its answer makes no sense", err)
		}
		return nil
	})
}

// ask makes a call that takes no longer than shortTimeout, with the reading of its
// answer.
func (c *Client) ask(ctx context.Context, q call, read func(body io.Reader) error) error {
	bounded, cancel := context.WithTimeout(ctx, shortTimeout)
	defer cancel()
	r, err := q.request()
	if err != nil {
		return err
	}
	resp, err := c.requests.Do(bounded, r)
	if err != nil {
		return c.requests.Late(ctx, err)
	}
	defer resp.Body.Close()
	if resp.Status != q.want {
		return c.requests.Late(ctx, c.refusal(resp))
	}
	if err := read(resp.Body); err != nil {
		return c.requests.Late(ctx, err)
	}
	return nil
}

// all reads an answer of at most limit bytes.
func (c *Client) all(body io.Reader, limit int64) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(body, limit+1))
	switch {
	case err != nil:
		return nil, c.requests.Broken(err)
	case int64(len(b)) > limit:
		return nil, c.requests.Nonsense("its answer is too long", nil)
	}
	return b, nil
}

// causeOf returns the cause of a context that has ended, else err.
func causeOf(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// refusal returns the error of an answer with another status than that of success.
func (c *Client) refusal(resp *rendezvous.HTTPResponse) error {
	b, err := io.ReadAll(io.LimitReader(resp.Body, maxRefusal))
	if err != nil {
		return c.requests.Broken(err)
	}
	said := c.requests.Refusal(resp, b)
	switch word := Word(said.Word); {
	case word.known():
		return &Error{Relay: said.Relay, Word: word, Message: said.Message, RetryAfter: said.RetryAfter}
	case said.IsMissing(resp.Status):
		return &NoStoreError{Relay: said.Relay}
	}
	return c.requests.Refused(resp.Status, resp.Header, b)
}

// errQuiet is the cause of a request that was given up since nothing of it moved.
var errQuiet = errors.New("nothing has moved for a minute")

// watchdog gives up a request of which nothing moves.
type watchdog struct {
	timer *time.Timer
	after time.Duration
}

// watch returns a context that ends once nothing has moved for a while.
func (c *Client) watch(ctx context.Context) (context.Context, *watchdog, func()) {
	watched, cancel := context.WithCancelCause(ctx)
	w := &watchdog{after: c.quiet, timer: time.AfterFunc(c.quiet, func() { cancel(errQuiet) })}
	return watched, w, func() {
		w.timer.Stop()
		cancel(nil)
	}
}

// moved tells that something has moved.
func (w *watchdog) moved() { w.timer.Reset(w.after) }

// rest stops watching until something has moved.
func (w *watchdog) rest() { w.timer.Stop() }

// quietError makes the error of a relay that fell silent of what a watched request
// returned.
func (c *Client) quietError(ctx, watched context.Context, err error) error {
	if err == nil || ctx.Err() != nil {
		return causeOf(ctx, err)
	}
	if errors.Is(context.Cause(watched), errQuiet) {
		return c.requests.Broken(errQuiet)
	}
	return err
}

// seconds returns a duration as the store takes it, rounded up.
func seconds(d time.Duration) int64 { return int64((d + time.Second - 1) / time.Second) }

// byteRange returns the value of a Range header.
func byteRange(from, n int64) string {
	return "bytes=" + strconv.FormatInt(from, 10) + "-" + strconv.FormatInt(from+n-1, 10)
}
