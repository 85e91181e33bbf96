package stored

import (
	"context"
	"encoding/hex"
	"errors"
	"io"
	"time"
)

// Offer returns a reader of the first n bytes of a transfer: what its receiver sees
// before it claims a download. It counts as nothing, but its sender is told of the first
// time. Errors: ErrUnknown, ErrIncomplete, ErrSpent, ErrInvalid if it is shorter.
func (s *Service) Offer(ctx context.Context, id ID, n int64) (io.ReadCloser, error) {
	r, err := s.find(ctx, id)
	switch {
	case err != nil:
		return nil, err
	case !r.Complete():
		return nil, ErrIncomplete
	case r.spent():
		return nil, ErrSpent
	case r.Size() < n:
		return nil, ErrInvalid
	}
	if r.Opened.IsZero() {
		if err := s.open(ctx, id); err != nil {
			return nil, err
		}
	}
	return s.blobs.Read(ctx, r, 0, n)
}

// open notes that a receiver has looked at a transfer for the first time.
func (s *Service) open(ctx context.Context, id ID) error {
	_, err := s.index.Update(ctx, id, func(r *Record) error {
		if !r.Opened.IsZero() || r.Ended {
			return errUnchanged
		}
		r.Opened = time.Now().UTC()
		r.add(EventOpened, r.Opened)
		return nil
	})
	if errors.Is(err, errUnchanged) {
		return nil
	}
	return err
}

// Claim claims a download for a receiver that proves that it knows the key. To claim
// it again under the same name keeps it, also after it was committed. Errors:
// ErrUnknown, ErrIncomplete, ErrProof, ErrSpent, ErrBusy.
func (s *Service) Claim(ctx context.Context, id ID, proof Secret, claim ClaimID) (Record, error) {
	if _, err := s.find(ctx, id); err != nil {
		return Record{}, err
	}
	return s.index.Update(ctx, id, func(r *Record) error {
		switch {
		case !r.Complete():
			return ErrIncomplete
		case !r.Proof.matches(proof):
			return ErrProof
		}
		return s.claim(r, hex.EncodeToString(claim[:]), time.Now().UTC())
	})
}

// claim claims a download of a record.
func (s *Service) claim(r *Record, name string, now time.Time) error {
	active := 0
	for other, until := range r.Claims {
		switch {
		case other == name:
		case now.Before(until):
			active++
		default:
			delete(r.Claims, other)
		}
	}
	_, committed := r.Committed[name]
	_, held := r.Claims[name]
	switch {
	case committed:
		return nil
	case r.spent():
		return ErrSpent
	case r.Downloads > 0 && r.Done+active >= r.Downloads, !held && active >= s.config.ClaimsAtOnce:
		return ErrBusy
	}
	if r.Claims == nil {
		r.Claims = make(map[string]time.Time)
	}
	r.Claims[name] = now.Add(s.config.ClaimLife)
	return nil
}

// Content is what a receiver fetches under its claim.
type Content struct {
	Size    int64
	service *Service
	record  Record
}

// Open returns the content of a transfer to who has claimed it, and keeps the claim
// alive. Errors: ErrUnknown, ErrNoClaim.
func (s *Service) Open(ctx context.Context, id ID, claim ClaimID) (*Content, error) {
	if _, err := s.find(ctx, id); err != nil {
		return nil, err
	}
	name := hex.EncodeToString(claim[:])
	r, err := s.index.Update(ctx, id, func(r *Record) error {
		now := time.Now().UTC()
		until, ok := r.Claims[name]
		switch {
		case !ok || !now.Before(until):
			return ErrNoClaim
		case until.Sub(now) > s.config.ClaimLife/2:
			return errUnchanged
		}
		r.Claims[name] = now.Add(s.config.ClaimLife)
		return nil
	})
	if errors.Is(err, errUnchanged) {
		r, err = s.find(ctx, id)
	}
	if err != nil {
		return nil, err
	}
	return &Content{Size: r.Size(), service: s, record: r}, nil
}

// errUnchanged leaves a record as it is.
var errUnchanged = errors.New("unchanged")

// URL signs a URL from which the receiver gets n bytes from an offset on, at least one.
// They have to be within the content. The error may be ErrIndirect.
func (c *Content) URL(ctx context.Context, offset, n int64) (SignedURL, error) {
	direct, ok := c.service.blobs.(Direct)
	switch {
	case !ok:
		return SignedURL{}, ErrIndirect
	case offset < 0 || n < 1 || offset > c.Size-n:
		return SignedURL{}, ErrInvalid
	}
	return direct.GetURL(ctx, c.record, offset, n)
}

// Read returns a reader of n bytes from an offset on. They have to be within the
// content.
func (c *Content) Read(ctx context.Context, offset, n int64) (io.ReadCloser, error) {
	if offset < 0 || n < 0 || offset > c.Size-n {
		return nil, ErrInvalid
	}
	return c.service.blobs.Read(ctx, c.record, offset, n)
}

// Commit counts a download: its receiver has all of it verified. To commit it again
// changes nothing; where there may be any number of downloads, it is ErrNoClaim. The
// last download removes what is stored. Its record stays for its sender until it
// expires. Errors: ErrUnknown, ErrNoClaim.
func (s *Service) Commit(ctx context.Context, id ID, claim ClaimID) error {
	if _, err := s.find(ctx, id); err != nil {
		return err
	}
	name := hex.EncodeToString(claim[:])
	r, err := s.index.Update(ctx, id, func(r *Record) error {
		if _, ok := r.Committed[name]; ok {
			return nil
		}
		if _, ok := r.Claims[name]; !ok {
			return ErrNoClaim
		}
		delete(r.Claims, name)
		r.Done++
		r.add(EventDownloaded, time.Now().UTC())
		if r.Downloads > 0 { // else there may be any number of them
			if r.Committed == nil {
				r.Committed = make(map[string]struct{})
			}
			r.Committed[name] = struct{}{}
			if r.spent() {
				r.Reserved, r.Claims = 0, nil
			}
		}
		return nil
	})
	if err == nil && r.spent() {
		err = s.blobs.Delete(ctx, r)
	}
	return err
}
