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

// verifyFunc shows words to a person, and returns whether the peer has the same.
type verifyFunc = func(ctx context.Context, words []string) (bool, error)

// verifier has the person compare words with the peer's, where that is wanted.
func (t *transferRun) verifier(peer *link.Peer, verify verifyFunc) func(context.Context) error {
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
