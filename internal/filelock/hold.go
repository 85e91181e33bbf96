package filelock

import (
	"context"
	"os"
	"time"
)

// holdPoll is how often Hold tries a lock that another process has.
const holdPoll = 10 * time.Millisecond

// Hold opens a file, which it makes with the mode 0600 if there is none, and waits
// until no other process has the lock on it. The error is that of ctx, or of opening
// the file. Where the file system has no locks it waits for nobody.
func Hold(ctx context.Context, path string) (release func(), err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	release = func() { _ = f.Close() }
	tick := time.NewTicker(holdPoll)
	defer tick.Stop()
	for {
		if held, _ := Try(f); !held {
			return release, nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			release()
			return nil, ctx.Err()
		}
	}
}
