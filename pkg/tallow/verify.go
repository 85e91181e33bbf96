package tallow

import (
	"context"

	"github.com/tallow-transfer/tallow/internal/code"
	"github.com/tallow-transfer/tallow/internal/link"
	"github.com/tallow-transfer/tallow/internal/transfer"
)

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
