package doctor

import (
	"context"
	"errors"

	"github.com/tallow-transfer/tallow/internal/vault/devicekey"
)

// keys is the device key of this user.
type keys struct {
	store    devicekey.Store
	unwanted bool // a person has said that no keyring is to be used
}

func (k keys) key(ctx context.Context) keyFacts {
	if k.store.Dir == "" {
		return keyFacts{}
	}
	f := keyFacts{file: k.store.Path(), unwanted: k.unwanted}
	opened, err := k.store.Load(ctx)
	switch {
	case err == nil:
		f.place = opened.Place
		opened.Key.Wipe()
	case !errors.Is(err, devicekey.ErrNone):
		f.failure = err
		return f
	}
	if k.store.Keyring == nil {
		f.keyring = k.store.NoKeyring
	} else {
		f.keyring = devicekey.Try(ctx, k.store.Keyring)
	}
	return f
}
