package tallow

import (
	"context"
	"errors"

	"github.com/tallow-transfer/tallow/internal/container"
	"github.com/tallow-transfer/tallow/internal/storeclient"
	"github.com/tallow-transfer/tallow/internal/storelink"
	"github.com/tallow-transfer/tallow/internal/wordkey"
)

// askWords completes a link without a key: the relay has the key, wrapped under words
// that the sender has told the receiver. That uses nothing up, and the relay does not get
// the words.
func (f *fetching) askWords(ctx context.Context) error {
	wrapped, err := f.wrappedKey(ctx)
	if err != nil {
		return err
	}
	if f.o.Words == nil {
		return &Error{Kind: KindCode, Reason: ReasonLinkWords}
	}
	var wrong error
	for {
		typed, err := f.o.Words(ctx, wrong)
		if err != nil {
			return err
		}
		f.link.Secret, err = wrapped.Open(f.link.ID, typed)
		switch {
		case err == nil:
			return nil
		case errors.Is(err, wordkey.ErrWords):
			wrong = &Error{Kind: KindCode, Reason: ReasonWordsWrong, Stored: true, Err: err}
		default:
			wrong = &Error{Kind: KindCode, Reason: ReasonWordsForm, Stored: true, Detail: err.Error(), Count: wordkey.Count, Err: err}
		}
	}
}

// wrappedKey returns the wrapped key that the relay has. If it has none, the error says
// whether it has the transfer.
func (f *fetching) wrappedKey(ctx context.Context) (*wordkey.Wrapped, error) {
	var b []byte
	err := f.outage.try(ctx, refusedForNow, func() (err error) {
		b, err = f.store.Key(ctx, f.link.ID)
		return err
	})
	var none *storeclient.NoStoreError
	switch {
	case storeclient.Refused(err, storeclient.Unknown), errors.As(err, &none):
		err = f.outage.try(ctx, refusedForNow, func() error {
			_, err := f.store.Offer(ctx, f.link.ID)
			return err
		})
		if err == nil {
			err = linkError(storelink.ErrNoKey)
		}
		return nil, err
	case err != nil:
		return nil, err
	}
	wrapped, err := wordkey.Parse(b)
	var cost *container.CostError
	if err != nil && !errors.As(err, &cost) {
		err = &Error{Kind: KindIntegrity, Reason: ReasonWordKey, Relay: f.link.Relay, Detail: err.Error(), Err: err}
	}
	return wrapped, err
}
