package main

import (
	"context"
	"os"
	"time"
)

// interruptTimeout is how long an interrupted read is waited for.
const interruptTimeout = time.Second

// readUntil runs a read of f and returns what it gives, or the cause of ctx's end.
// Then the read is interrupted, and its goroutine waited for, where the system can
// do that: for a terminal or a pipe that this program opened itself. The read of
// a standard input that is a terminal, or a pipe in blocking mode, cannot be
// interrupted: its goroutine ends with the next input, or with the program, which
// asks nothing else.
func readUntil[T any](ctx context.Context, f *os.File, read func() (T, error)) (result T, err error) {
	if ctx.Err() != nil {
		return result, context.Cause(ctx)
	}
	done := make(chan struct{})
	var got T
	var failed error
	go func() {
		defer close(done)
		got, failed = read()
	}()
	select {
	case <-done:
		return got, failed
	case <-ctx.Done():
	}
	if f.SetReadDeadline(time.Unix(1, 0)) == nil {
		timer := time.NewTimer(interruptTimeout)
		defer timer.Stop()
		select {
		case <-done:
		case <-timer.C: // it was made blocking, by whoever gave it to this program
		}
		_ = f.SetReadDeadline(time.Time{})
	}
	return result, context.Cause(ctx)
}
