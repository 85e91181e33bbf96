package rendezvous

import (
	"context"
	"net/textproto"
	"net/url"
	"strconv"
	"time"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// maxRetryAfter is the longest wait that a relay may ask for.
const maxRetryAfter = time.Hour

// The HTTP statuses that matter (RFC 9110). Package net/http has them too, but a
// browser's program does without it.
const (
	statusOK                 = 200
	statusCreated            = 201
	statusUpgradeRequired    = 426
	statusBadGateway         = 502
	statusServiceUnavailable = 503
	statusGatewayTimeout     = 504
)

// request is an HTTP request of a client.
type request struct {
	method string
	url    *url.URL
	header textproto.MIMEHeader
	body   []byte
}

// answer is the answer to it, with at most wire.MaxRoomBody+1 bytes of body.
type answer struct {
	status int
	header textproto.MIMEHeader
	body   []byte
}

// exchange makes one HTTP request on a connection of its own. It does not follow
// redirects: a relay never makes one, and it would turn a POST into a GET.
func (c *Client) exchange(ctx context.Context, method string, u *url.URL, body []byte) (answer, error) {
	r := request{method, u, textproto.MIMEHeader{"User-Agent": {c.agent}}, body}
	if len(body) > 0 {
		r.header.Set("Content-Type", "application/json")
	}
	bounded, cancel := context.WithTimeout(ctx, 2*dialTimeout+answerTimeout)
	defer cancel()
	a, err := c.network.do(bounded, r)
	if err != nil {
		return answer{}, c.dialError(ctx, u, err)
	}
	return a, nil
}

// probe asks whether a relay answers at base.
func (c *Client) probe(ctx context.Context, base *url.URL) error {
	answer, err := c.exchange(ctx, "GET", base.JoinPath("api/health"), nil)
	if err != nil {
		return err
	}
	if answer.status != statusOK {
		return c.statusError(base, answer.status, answer.header)
	}
	if _, err := wire.ParseRelayHealth(answer.body); err != nil {
		return c.protocolError("something else runs there", err)
	}
	return nil
}

// RetryAfter reads the delay that a refusal asks for, in seconds.
func RetryAfter(header textproto.MIMEHeader) time.Duration {
	seconds, err := strconv.ParseUint(header.Get("Retry-After"), 10, 32)
	if err != nil {
		return 0
	}
	return min(time.Duration(seconds)*time.Second, maxRetryAfter)
}
