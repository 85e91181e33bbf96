package boxclient

import "time"

// SetTimes sets how long the relay is asked to wait, and how long a request may take
// beside that.
func (c *Client) SetTimes(wait, timeout time.Duration) { c.wait, c.timeout = wait, timeout }
