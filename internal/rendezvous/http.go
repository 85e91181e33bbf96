package rendezvous

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// maxRetryAfter is the longest wait that a relay may ask for.
const maxRetryAfter = time.Hour

// exchange makes one HTTP request on a connection of its own and returns the
// status, the header and the bounded body. It does not follow redirects: a relay
// never makes one, and it would turn a POST into a GET.
func (c *Client) exchange(ctx context.Context, method string, u *url.URL, body []byte) (int, http.Header, []byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, u.String(), bytes.NewReader(body))
	if err != nil {
		return 0, nil, nil, c.dialError(ctx, u, err)
	}
	req.Header.Set("User-Agent", c.agent)
	if len(body) > 0 {
		req.Header.Set("Content-Type", "application/json")
	}
	transport, err := c.network.transport(u)
	if err != nil {
		return 0, nil, nil, c.dialError(ctx, u, err)
	}
	client := &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       2*dialTimeout + answerTimeout,
	}
	resp, err := client.Do(req)
	if err != nil {
		return 0, nil, nil, c.dialError(ctx, u, err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, wire.MaxRoomBody+1))
	if err != nil {
		return 0, nil, nil, c.dialError(ctx, u, err)
	}
	return resp.StatusCode, resp.Header, answer, nil
}

// probe asks whether a relay answers at base.
func (c *Client) probe(ctx context.Context, base *url.URL) error {
	status, header, body, err := c.exchange(ctx, http.MethodGet, base.JoinPath("api/health"), nil)
	if err != nil {
		return err
	}
	if status != http.StatusOK {
		return c.statusError(base, status, header)
	}
	if _, err := wire.ParseRelayHealth(body); err != nil {
		return c.protocolError("something else runs there", err)
	}
	return nil
}

// retryAfter reads the delay that a refusal asks for, in seconds.
func retryAfter(header http.Header) time.Duration {
	seconds, err := strconv.ParseUint(header.Get("Retry-After"), 10, 32)
	if err != nil {
		return 0
	}
	return min(time.Duration(seconds)*time.Second, maxRetryAfter)
}
