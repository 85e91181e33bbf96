package rendezvous

import (
	"context"
	"errors"
	"net/url"
	"sync"
)

// reach gives the URL of the relay: the only one that the endpoint stands for,
// or else the first that answers as a relay, which is then remembered.
func (c *Client) reach(ctx context.Context) (*url.URL, error) {
	if len(c.endpoint.routes) == 1 {
		return c.endpoint.routes[0].url, nil
	}
	c.mu.Lock()
	base := c.base
	c.mu.Unlock()
	if base != nil {
		return base, nil
	}
	base, err := c.firstRoute(ctx)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.base = base
	return base, nil
}

// firstRoute tries the endpoint's routes in their order. If none answers, the
// error is the one that says most: that of the first route on which something
// answered, else of the last.
func (c *Client) firstRoute(ctx context.Context) (*url.URL, error) {
	telling := errors.New("no relay was named: give one with --relay, or leave it out to stay on this network")
	for i, r := range c.endpoint.routes {
		if r.ifLocal && !c.resolvesLocally(ctx, r.url.Hostname()) {
			continue
		}
		err := c.probe(ctx, r.url)
		if err == nil {
			return r.url, nil
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if i == 0 || isUnreachable(telling) {
			telling = err
		}
	}
	return nil, telling
}

func isUnreachable(err error) bool {
	var unreachable *UnreachableError
	return errors.As(err, &unreachable)
}

// First asks all endpoints at once whether a relay answers there, and gives the
// first that does, without waiting for the rest: so a relay that announces
// itself under several addresses is reached by the one that works. It takes no
// seat anywhere. If none answers, the error is that of the first endpoint.
func First(ctx context.Context, endpoints []Endpoint, version string) (Endpoint, error) {
	if len(endpoints) == 0 {
		return Endpoint{}, errors.New("there is no address of a relay to try")
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
			base, err := New(e, version).firstRoute(race)
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
