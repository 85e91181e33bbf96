package rendezvous

import (
	"context"
	"strings"
)

// Page returns the address of the page at which browsers enter a code of this relay's,
// which belongs behind a # after it. It is empty if the relay has not answered yet, has
// no page, or is not reached by HTTPS, without which the page does not work on other
// machines.
func (c *Client) Page(ctx context.Context) string {
	c.mu.Lock()
	base := c.base
	c.mu.Unlock()
	if base == nil || base.Scheme != "https" {
		return ""
	}
	page := base.JoinPath("room/")
	answer, err := c.exchange(ctx, "GET", page, nil)
	if err != nil || answer.status != statusOK || !strings.HasPrefix(answer.header.Get("Content-Type"), "text/html") {
		return ""
	}
	return page.String()
}
