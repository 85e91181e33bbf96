package tallow

import (
	"context"
	"sync"

	"github.com/tallow-transfer/tallow/internal/code"
	"github.com/tallow-transfer/tallow/internal/link"
	"github.com/tallow-transfer/tallow/internal/transfer"
)

// tellHello tells what the peer says of itself, once it does: its name, and that a
// person compares words there, while nobody is asked here, and which words, because
// until then nothing happens. To stop waits for its goroutine.
func (t *transferRun) tellHello(ctx context.Context, l *link.Link, peer *link.Peer, here bool) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var watcher sync.WaitGroup
	watcher.Go(func() {
		hello, err := l.Peer(ctx)
		if err != nil {
			return
		}
		t.named(hello)
		if hello.Verifies && !here {
			t.tell(VerifyEvent{verifyWords(peer)})
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
		words := verifyWords(peer)
		t.tell(VerifyEvent{words})
		ok, err := verify(ctx, words)
		if err == nil && !ok {
			err = transfer.ErrVerify
		}
		return err
	}
}

func verifyWords(peer *link.Peer) []string {
	b := peer.VerifyBytes()
	return code.VerifyWords(b[:])
}
