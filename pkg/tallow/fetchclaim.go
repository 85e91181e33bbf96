package tallow

import (
	"context"
	"crypto/rand"
	"log/slog"

	"github.com/tallow-transfer/tallow/internal/storelink"
	"github.com/tallow-transfer/tallow/internal/vault"
)

// claim is the name under which a download is claimed. It is kept on this machine before
// it is used, so that a process that takes over from one that was killed uses up no
// second download: in the client's folder of state, and beside the files.
type claim struct {
	name   [16]byte
	sealed []byte
	log    *slog.Logger

	fetches *vault.Meetings // nil: there is no folder of state
	kept    *vault.Meeting  // in that folder; nil: it is not there
	files   resumable       // where the files are, or nil
	used    bool            // the relay may know the name
}

// newClaim returns the claim that an earlier process left, or a new one.
func newClaim(ctx context.Context, c *Client, l storelink.Link, o ReceiveOptions) *claim {
	k := &claim{log: c.log, fetches: c.fetches}
	var left [][]byte
	if k.fetches != nil {
		left = k.fetches.Sealed()
	}
	here := len(left)
	if o.keeps() {
		left = append(left, o.remembered(ctx)...)
	}
	for i, sealed := range left {
		name, ok := vault.OpenClaim(l.Secret, l.ID, sealed)
		if !ok {
			continue
		}
		k.name, k.sealed, k.used = name, sealed, true
		k.keep()
		if i < here {
			if err := k.fetches.Forget(sealed); err != nil {
				k.log.Debug("the claim of an earlier process is left", "reason", err)
			}
		}
		return k
	}
	_, _ = rand.Read(k.name[:]) // never fails
	var err error
	if k.sealed, err = vault.SealClaim(l.Secret, l.ID, k.name); err != nil {
		k.log.Debug("the claim cannot be kept", "reason", err)
		return k
	}
	k.keep()
	return k
}

// keep keeps the name in the folder of state.
func (k *claim) keep() {
	if k.fetches == nil {
		return
	}
	var err error
	if k.kept, err = k.fetches.Add(k.sealed); err != nil {
		k.log.Debug("the claim cannot be kept", "reason", err)
	}
}

// begun keeps the name beside the files.
func (k *claim) begun(files resumable) {
	k.files = files
	if k.sealed == nil {
		return
	}
	if err := files.Remember(k.sealed); err != nil {
		k.log.Debug("the claim cannot be kept beside the files", "reason", err)
		k.files = nil
	}
}

// claimed says that the relay knows the name.
func (k *claim) claimed() {
	k.used = true
	if k.kept == nil && k.files != nil {
		k.files.Keep()
	}
}

// forget forgets the name.
func (k *claim) forget() { k.used = false }

// close leaves the name for another process if that may need it.
func (k *claim) close() {
	if k.kept == nil {
		return
	}
	end := k.kept.Forget
	if k.used {
		end = k.kept.Close
	}
	if err := end(); err != nil {
		k.log.Debug("the claim is left", "reason", err)
	}
}
