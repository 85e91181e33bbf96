package tallow

import (
	"context"
	"sync"

	"github.com/tallow-transfer/tallow/internal/code"
	"github.com/tallow-transfer/tallow/internal/link"
	"github.com/tallow-transfer/tallow/internal/transfer"
)

// tellVerification tells, once the peer has said so, that a person compares words
// there, while nobody does here: until then nothing happens. To stop waits for its
// goroutine.
func (t *transferRun) tellVerification(ctx context.Context, l *link.Link, here bool) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var watcher sync.WaitGroup
	watcher.Go(func() {
		if peer, err := l.Peer(ctx); err == nil && peer.Verifies && !here {
			t.tell(StallEvent{Reason: StallPeerVerifies})
		}
	})
	return func() {
		cancel()
		watcher.Wait()
	}
}

// verifier has the person compare words with the peer's, where that is wanted.
func (t *transferRun) verifier(peer *link.Peer, verify func(context.Context, []string) (bool, error)) func(context.Context) error {
	return func(ctx context.Context) error {
		if verify == nil {
			return nil
		}
		b := peer.VerifyBytes()
		words := code.VerifyWords(b[:])
		t.tell(VerifyEvent{words})
		ok, err := verify(ctx, words)
		if err == nil && !ok {
			err = transfer.ErrVerify
		}
		return err
	}
}

// compare has the receiver's person compare words at once: the sender offers
// nothing before its person has, and the two need to see the words at the same
// time. compared waits for the answer. If the words differ, giveUp is called. To
// stop ends the question and waits for its goroutine.
func (t *transferRun) compare(
	ctx context.Context, peer *link.Peer, verify func(context.Context, []string) (bool, error), giveUp context.CancelCauseFunc,
) (compared func(context.Context) error, stop func()) {
	if verify == nil {
		return func(context.Context) error { return nil }, func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	answered := make(chan struct{})
	var err error
	go func() {
		defer close(answered)
		if err = t.verifier(peer, verify)(ctx); err != nil && ctx.Err() == nil {
			giveUp(err)
		}
	}()
	compared = func(ctx context.Context) error {
		select {
		case <-answered:
			return err
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return compared, func() {
		cancel()
		<-answered
	}
}
