package storeclient

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/textproto"
	"strconv"
	"sync"
	"time"

	"github.com/tallow-transfer/tallow/internal/rendezvous"
	"github.com/tallow-transfer/tallow/internal/storelink"
)

// detour is how long bytes go through the relay after the bucket has failed.
const detour = time.Minute

// bucket is where the bytes of a store may be put and fetched without the relay.
type bucket struct {
	requests *rendezvous.Elsewhere

	mu     sync.Mutex
	there  bool // the relay says so
	failed time.Time
}

// offered notes whether the relay has a bucket.
func (b *bucket) offered(there bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.there = there
}

// direct reports whether to use the bucket.
func (b *bucket) direct() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.there && (b.failed.IsZero() || time.Since(b.failed) >= detour)
}

// fail notes that the bucket has failed.
func (b *bucket) fail() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.failed = time.Now()
}

// signedURL asks for a URL for one request to the bucket.
func (c *Client) signedURL(ctx context.Context, id storelink.ID, rest string, bearer []byte, body any) (string, error) {
	var reply struct {
		URL string `json:"url"`
	}
	q := call{method: "POST", id: id, rest: rest + "/url", bearer: bearer, json: body, want: 200}
	if err := c.short(ctx, q, &reply); err != nil {
		return "", err
	}
	return reply.URL, nil
}

// putDirect puts a part into the bucket.
func (c *Client) putDirect(ctx context.Context, id storelink.ID, owner Token, number int, part rendezvous.Body, p Pace) error {
	u, err := c.signedURL(ctx, id, "/parts/"+strconv.Itoa(number), owner[:], struct {
		Size int64 `json:"size"`
	}{part.Size()})
	if err != nil {
		return err
	}
	return c.put(ctx, rendezvous.HTTPRequest{Method: "PUT", Body: part}, p, c.toBucket(u), func(resp *rendezvous.HTTPResponse) error {
		return c.bucketError(resp.Status == 200, resp.Status)
	})
}

// dataDirect gets a range from the bucket. Some servers answer with 200 and a
// Content-Range all the same.
func (c *Client) dataDirect(ctx context.Context, id storelink.ID, claim ClaimID, from, n int64) (io.ReadCloser, error) {
	u, err := c.signedURL(ctx, id, "/data", claim[:], struct {
		From int64 `json:"from"`
		Size int64 `json:"size"`
	}{from, n})
	if err != nil {
		return nil, err
	}
	r := rendezvous.HTTPRequest{Method: "GET", Header: textproto.MIMEHeader{"Range": {byteRange(from, n)}}}
	return c.get(ctx, r, n, c.toBucket(u), func(resp *rendezvous.HTTPResponse) error {
		err := c.bucketError(resp.Status == 206 || resp.Status == 200, resp.Status)
		if err == nil && !isRange(resp.Header.Get("Content-Range"), from, n) {
			// A browser also hides the header if the bucket does not let a page see it.
			c.bucket.fail()
			err = &Error{Relay: c.requests.Relay(), Word: BrokenDisk, Message: "Its bucket does not say that it sends the range that it was asked for."}
		}
		return err
	})
}

// toBucket returns what makes a request to a URL, and notes if that cannot be reached.
func (c *Client) toBucket(u string) func(context.Context, rendezvous.HTTPRequest) (*rendezvous.HTTPResponse, error) {
	return func(ctx context.Context, q rendezvous.HTTPRequest) (*rendezvous.HTTPResponse, error) {
		resp, err := c.bucket.requests.Do(ctx, u, q)
		var unreachable *rendezvous.UnreachableError
		if errors.As(err, &unreachable) {
			c.bucket.fail()
		}
		return resp, err
	}
}

// bucketError returns the error of an answer of the bucket. It may pass: the URL may have
// expired, or it works by way of the relay.
func (c *Client) bucketError(success bool, status int) error {
	if success {
		return nil
	}
	c.bucket.fail()
	return &Error{Relay: c.requests.Relay(), Word: BrokenDisk, Message: fmt.Sprintf("Its bucket answers with the status %d.", status)}
}
