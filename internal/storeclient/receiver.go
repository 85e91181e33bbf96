package storeclient

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"net/textproto"
	"strconv"
	"strings"
	"time"

	"github.com/tallow-transfer/tallow/internal/rendezvous"
	"github.com/tallow-transfer/tallow/internal/storelink"
)

// OfferSize is how many bytes Offer returns: the header and the sealed offer of a
// container (docs/protocol.md, section 15).
const OfferSize = 65_700

// Offer returns the beginning of a transfer: the header and the sealed offer. It uses
// nothing up.
func (c *Client) Offer(ctx context.Context, id storelink.ID) ([]byte, error) {
	offer := make([]byte, OfferSize)
	err := c.ask(ctx, call{method: "GET", id: id, rest: "/offer", want: 200}, func(body io.Reader) error {
		if _, err := io.ReadFull(body, offer); err != nil {
			return c.requests.Broken(err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return offer, nil
}

// Claimed is a download that was claimed.
type Claimed struct {
	Size    int64 // of the container, in bytes
	Expires time.Time
}

// Claim claims a download. Under the same name it claims the same one again.
func (c *Client) Claim(ctx context.Context, id storelink.ID, proof Proof, claim ClaimID) (Claimed, error) {
	var reply struct {
		Size    int64 `json:"size"`
		Expires int64 `json:"expires"`
		Direct  bool  `json:"direct"`
	}
	err := c.short(ctx, call{method: "POST", id: id, rest: "/claim", want: 200, json: struct {
		Proof string `json:"proof"`
		Claim string `json:"claim"`
	}{hex.EncodeToString(proof[:]), hex.EncodeToString(claim[:])}}, &reply)
	if err != nil {
		return Claimed{}, err
	}
	if reply.Size < OfferSize || reply.Expires < 0 || reply.Expires > maxTime {
		return Claimed{}, c.requests.Nonsense("its answer makes no sense", nil)
	}
	c.bucket.offered(reply.Direct)
	return Claimed{Size: reply.Size, Expires: time.Unix(reply.Expires, 0)}, nil
}

// Data returns n bytes of a transfer from an offset on, under a claim. The reader
// returns an error if there are fewer. It has to be closed.
func (c *Client) Data(ctx context.Context, id storelink.ID, claim ClaimID, from, n int64) (io.ReadCloser, error) {
	if c.bucket.direct() {
		return c.dataDirect(ctx, id, claim, from, n)
	}
	q := call{
		method: "GET", id: id, rest: "/data", bearer: claim[:],
		header: textproto.MIMEHeader{"Range": {byteRange(from, n)}},
	}
	r, err := q.request()
	if err != nil {
		return nil, err
	}
	return c.get(ctx, r, n, c.requests.Do, func(resp *rendezvous.HTTPResponse) error {
		switch {
		case resp.Status != 206:
			return c.refusal(resp)
		case !isRange(resp.Header.Get("Content-Range"), from, n):
			return c.requests.Nonsense("it sends another range than the one asked for", nil)
		}
		return nil
	})
}

// get makes a request for a range of n bytes, and returns what reads it. check says
// whether the answer is that of success.
func (c *Client) get(
	ctx context.Context, r rendezvous.HTTPRequest, n int64,
	do func(context.Context, rendezvous.HTTPRequest) (*rendezvous.HTTPResponse, error), check func(*rendezvous.HTTPResponse) error,
) (io.ReadCloser, error) {
	watched, w, done := c.watch(ctx)
	resp, err := do(watched, r)
	if err != nil {
		err = c.quietError(ctx, watched, err)
		done()
		return nil, err
	}
	d := &data{client: c, ctx: ctx, watched: watched, dog: w, done: done, resp: resp, rest: n}
	if err := check(resp); err != nil {
		defer d.Close()
		return nil, c.quietError(ctx, watched, err)
	}
	return d, nil
}

// isRange reports whether a Content-Range is of n bytes from an offset on.
func isRange(header string, from, n int64) bool {
	rest, ok := strings.CutPrefix(header, fmt.Sprintf("bytes %d-%d/", from, from+n-1))
	size, err := strconv.ParseInt(rest, 10, 64)
	return ok && err == nil && size >= from+n
}

// data reads a range.
type data struct {
	client       *Client
	ctx, watched context.Context // of the request
	dog          *watchdog
	done         func()
	resp         *rendezvous.HTTPResponse
	rest         int64
}

// Read reads from the range. The time between two reads does not count.
func (d *data) Read(p []byte) (int, error) {
	if d.rest == 0 {
		return 0, io.EOF
	}
	d.dog.moved()
	n, err := d.resp.Body.Read(p[:min(int64(len(p)), d.rest)])
	d.dog.rest()
	d.rest -= int64(n)
	switch {
	case err == io.EOF && d.rest > 0:
		err = d.client.requests.Broken(io.ErrUnexpectedEOF)
	case err == io.EOF:
		err = nil
	case err != nil:
		err = d.client.quietError(d.ctx, d.watched, d.client.requests.Broken(err))
	}
	return n, err
}

// Close ends the request.
func (d *data) Close() error {
	err := d.resp.Body.Close()
	d.done()
	return err
}

// Commit tells that all of a claimed download is verified and in place. That uses it
// up.
func (c *Client) Commit(ctx context.Context, id storelink.ID, claim ClaimID) error {
	return c.short(ctx, call{method: "POST", id: id, rest: "/commit", bearer: claim[:], want: 204}, nil)
}
