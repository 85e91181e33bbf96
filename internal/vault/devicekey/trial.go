package devicekey

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
)

// errForgetful is the error of a keyring that does not give back what it took.
var errForgetful = errors.New("it does not keep what it is given")

// Try says whether a keyring keeps secrets: it gives it one under a random name, gets
// it back and deletes it. The error says what does not work.
func Try(ctx context.Context, k Keyring) (err error) {
	var name, secret [nameSize]byte
	_, _ = rand.Read(name[:]) // never fails
	_, _ = rand.Read(secret[:])
	text := hex.EncodeToString(secret[:])
	if err := k.Set(ctx, hex.EncodeToString(name[:]), text); err != nil {
		return err
	}
	defer func() {
		if deleted := k.Delete(ctx, hex.EncodeToString(name[:])); err == nil {
			err = deleted
		}
	}()
	kept, err := k.Get(ctx, hex.EncodeToString(name[:]))
	if errors.Is(err, ErrLost) || err == nil && kept != text {
		return errForgetful
	}
	return err
}
