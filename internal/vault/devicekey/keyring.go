package devicekey

import (
	"context"
	"errors"

	"github.com/zalando/go-keyring"
)

// Keyring keeps secrets under names, outside of the file system.
type Keyring interface {
	// Get returns a secret. Error: ErrLost if there is none of that name.
	Get(ctx context.Context, name string) (string, error)
	Set(ctx context.Context, name, secret string) error
	// Delete deletes a secret. It is no error if there is none of that name.
	Delete(ctx context.Context, name string) error
}

// service is under which all names are in the keyring.
const service = "tallow"

// SystemKeyring is the keyring of the operating system: Keychain, Credential Manager
// or the Secret Service. getenv looks up variables of the environment. The error
// says why there is none.
func SystemKeyring(getenv func(string) string) (Keyring, error) {
	if err := reachable(getenv); err != nil {
		return nil, err
	}
	return system{}, nil
}

type system struct{}

// Get implements Keyring.
func (system) Get(ctx context.Context, name string) (string, error) {
	secret, err := bounded(ctx, func() (string, error) { return keyring.Get(service, name) })
	if errors.Is(err, keyring.ErrNotFound) {
		err = ErrLost
	}
	return secret, err
}

// Set implements Keyring.
func (system) Set(ctx context.Context, name, secret string) error {
	_, err := bounded(ctx, func() (string, error) { return "", keyring.Set(service, name, secret) })
	return err
}

// Delete implements Keyring.
func (system) Delete(ctx context.Context, name string) error {
	_, err := bounded(ctx, func() (string, error) { return "", keyring.Delete(service, name) })
	if errors.Is(err, keyring.ErrNotFound) {
		err = nil
	}
	return err
}

// errSlowKeyring is the error of a keyring that does not answer.
var errSlowKeyring = errors.New("it does not answer")

// bounded calls f and waits for it until ctx ends. The keyring's calls know no
// context: one that hangs is left behind, and ends with the process at the latest.
func bounded(ctx context.Context, f func() (string, error)) (string, error) {
	type result struct {
		secret string
		err    error
	}
	done := make(chan result, 1)
	go func() {
		secret, err := f()
		done <- result{secret, err}
	}()
	select {
	case r := <-done:
		return r.secret, r.err
	case <-ctx.Done():
		return "", errSlowKeyring
	}
}
