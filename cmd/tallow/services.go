package main

import (
	"context"
	"sync"
)

// services are what runs side by side in one server. The first that fails ends them
// all.
type services struct {
	ctx  context.Context
	stop context.CancelCauseFunc
	wait sync.WaitGroup
}

func newServices(ctx context.Context) *services {
	s := &services{}
	s.ctx, s.stop = context.WithCancelCause(ctx)
	return s
}

// add runs a service until ctx ends.
func (s *services) add(serve func(ctx context.Context) error) {
	s.wait.Go(func() {
		if err := serve(s.ctx); err != nil {
			s.stop(err)
		}
	})
}

// end ends all services and waits for them.
func (s *services) end() {
	s.stop(nil)
	s.wait.Wait()
}

// failure returns what a service failed with, or nil. outer is the context of the
// services together.
func (s *services) failure(outer context.Context) error {
	if outer.Err() != nil {
		return nil
	}
	if err := context.Cause(s.ctx); err != nil && err != context.Canceled {
		return err
	}
	return nil
}
