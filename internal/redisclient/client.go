// Package redisclient connects to the Redis that the nodes of a relay share. Start with
// [Open].
package redisclient

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

// CallTimeout is how long a call may take, with all its attempts.
const CallTimeout = time.Second

// Open makes a client of a URL: redis://USER:PASSWORD@HOST:PORT/DB, rediss:// with
// TLS, or unix://PATH. It does not connect yet.
func Open(url string) (*redis.Client, error) {
	// The client logs to stderr on its own, for the whole process. Its errors are
	// returned as well.
	redis.SetLogger(silence{})
	options, err := redis.ParseURL(url)
	if err != nil {
		return nil, fmt.Errorf("the URL of Redis: %w", err)
	}
	options.DialTimeout, options.ReadTimeout, options.WriteTimeout = CallTimeout, CallTimeout, CallTimeout
	options.PoolTimeout = CallTimeout
	options.DialerRetries = 1 // the caller decides what happens next
	options.ContextTimeoutEnabled = true
	return redis.NewClient(options), nil
}

type silence struct{}

func (silence) Printf(context.Context, string, ...any) {}
