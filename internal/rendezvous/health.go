package rendezvous

import (
	"context"
	"net/url"
	"time"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// Health is what a relay says about itself.
type Health struct {
	Version string        // of its program; may be empty
	Secure  bool          // it was reached by TLS
	Delay   time.Duration // of the request, with the connection for it
	// Offset is how far the relay's clock is ahead of this machine's, by the Date of
	// its answer (RFC 9110, section 6.6.1), which is in whole seconds. It counts only if
	// Dated.
	Offset time.Duration
	Dated  bool
}

// Health asks the relay how it is. Errors are those of Open.
func (c *Client) Health(ctx context.Context) (Health, error) {
	return tryRoutes(ctx, c, func(base *url.URL) (Health, error) {
		asked := time.Now()
		answer, err := c.exchange(ctx, "GET", base.JoinPath("api/health"), nil)
		if err != nil {
			return Health{}, err
		}
		delay := time.Since(asked)
		if answer.status != statusOK {
			return Health{}, c.statusError(base, answer.status, answer.header)
		}
		relay, err := wire.ParseRelayHealth(answer.body)
		if err != nil {
			return Health{}, c.protocolError("something else runs there", err)
		}
		h := Health{Version: printable(relay.Version), Secure: base.Scheme == "https", Delay: delay}
		if date, err := time.Parse(httpDate, answer.header.Get("Date")); err == nil {
			// The date was written about half the delay ago, at some moment of its second.
			h.Offset, h.Dated = date.Add(time.Second/2).Sub(asked.Add(delay/2).Round(0)), true
		}
		return h, nil
	})
}

// httpDate is the form of dates in HTTP (RFC 9110, section 5.6.7).
const httpDate = "Mon, 02 Jan 2006 15:04:05 GMT"
