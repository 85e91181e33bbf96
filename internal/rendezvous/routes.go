package rendezvous

import (
	"context"
	"errors"
	"net/url"
	"sync"
)

// tryRoutes makes an attempt by each of the endpoint's routes, up to the first on
// which a relay answers, which is then remembered. Nothing is asked beforehand,
// so there is no round trip beside the attempt itself. If no relay answers, the
// error is that of the first route on which something answered, else of the last.
func tryRoutes[T any](ctx context.Context, c *Client, attempt func(base *url.URL) (T, error)) (T, error) {
	c.mu.Lock()
	base := c.base
	c.mu.Unlock()
	if base != nil {
		return attempt(base)
	}
	var none T
	best := ErrNoAddress
	if c.pinned && len(c.endpoint.routes) == 0 {
		return none, &PinError{Relay: c.endpoint.name}
	}
	for i, r := range c.endpoint.routes {
		if r.ifLocal && !c.network.resolvesLocally(ctx, r.url.Hostname()) {
			continue
		}
		done, err := attempt(r.url)
		var refused *RelayError
		if err == nil || errors.As(err, &refused) {
			c.mu.Lock()
			c.base = r.url
			c.mu.Unlock()
			return done, err
		}
		if ctx.Err() != nil {
			return none, context.Cause(ctx)
		}
		if i == 0 || isUnreachable(best) {
			best = err
		}
	}
	return none, best
}

func isUnreachable(err error) bool {
	var unreachable *UnreachableError
	return errors.As(err, &unreachable)
}

// First asks all endpoints at once whether a relay answers there, and returns the
// first that does, without waiting for the rest. So a relay that announces itself
// under several addresses is reached by the one that works. It joins no room. If
// none answers, the error is that of the first endpoint.
func First(ctx context.Context, endpoints []Endpoint, options Options) (Endpoint, error) {
	if len(endpoints) == 0 {
		return Endpoint{}, ErrNoAddress
	}
	race, stop := context.WithCancel(ctx)
	defer stop()
	var (
		wg     sync.WaitGroup
		once   sync.Once
		winner Endpoint
		errs   = make([]error, len(endpoints))
	)
	for i, e := range endpoints {
		wg.Go(func() {
			c := New(e, options)
			base, err := tryRoutes(race, c, func(base *url.URL) (*url.URL, error) { return base, c.probe(race, base) })
			if err != nil {
				errs[i] = err
				return
			}
			once.Do(func() {
				winner = Endpoint{name: e.name, routes: []route{{url: base}}, direct: e.direct}
				stop()
			})
		})
	}
	wg.Wait()
	switch {
	case winner.routes != nil:
		return winner, nil
	case ctx.Err() != nil:
		return Endpoint{}, context.Cause(ctx)
	default:
		return Endpoint{}, errs[0]
	}
}
