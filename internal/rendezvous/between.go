package rendezvous

import "fmt"

// BetweenError says that a server between this machine and the relay, such as a
// reverse proxy, gave an answer that the relay did not mean.
type BetweenError struct {
	Relay  string
	Status int // of the answer
	// Upgrade is set if the request for a WebSocket reached the relay as an ordinary
	// request: the server did not pass the Upgrade header on. Else the server did
	// not reach the relay.
	Upgrade bool
}

func (e *BetweenError) Error() string {
	if e.Upgrade {
		return fmt.Sprintf("relay %s: something on the way takes the WebSocket upgrade off (HTTP status %d)", e.Relay, e.Status)
	}
	return fmt.Sprintf("relay %s: a server in front of it does not reach it (HTTP status %d)", e.Relay, e.Status)
}

// between returns the error of an answer that only a server on the way can have
// caused, or nil.
func (c *Client) between(status int) error {
	e := &BetweenError{Relay: c.endpoint.name, Status: status}
	switch status {
	case statusUpgradeRequired:
		e.Upgrade = true
	case statusBadGateway, statusServiceUnavailable, statusGatewayTimeout:
	default:
		return nil
	}
	return e
}
