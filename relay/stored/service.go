package stored

import (
	"cmp"
	"context"
	"errors"
	"io"
	"sync"
	"time"
)

// Config configures a Service. Zero values mean the defaults.
type Config struct {
	Limits Limits
	// PerTransfer is how many bytes one transfer may have; 0: any number.
	PerTransfer int64
	// FreeFloor is how many bytes have to stay free in the store; 1 GiB by default.
	FreeFloor int64
	// DefaultLife is how long a transfer lives unless its sender says otherwise, 24 hours
	// by default, and MaxLife how long at most, 7 days by default.
	DefaultLife, MaxLife time.Duration
	// UploadPatience is after how long an upload without a new part is given up, 24
	// hours by default.
	UploadPatience time.Duration
	// ClaimLife is how long a claim lives without a read, 1 hour by default.
	ClaimLife time.Duration
	// ClaimsAtOnce is how many receivers may fetch a transfer at the same time; 20 by
	// default.
	ClaimsAtOnce int
	// Mails bound the mails that are sent with the links of transfers; by default none are.
	Mails MailLimits
	// EventLife is for how long events are told after the end of a transfer; 3 hours by
	// default.
	EventLife time.Duration
}

func (c Config) withDefaults() Config {
	c.FreeFloor = cmp.Or(c.FreeFloor, 1<<30)
	c.DefaultLife = cmp.Or(c.DefaultLife, 24*time.Hour)
	c.MaxLife = cmp.Or(c.MaxLife, 7*24*time.Hour)
	c.DefaultLife = min(c.DefaultLife, c.MaxLife)
	c.UploadPatience = cmp.Or(c.UploadPatience, 24*time.Hour)
	c.ClaimLife = cmp.Or(c.ClaimLife, time.Hour)
	c.ClaimsAtOnce = cmp.Or(c.ClaimsAtOnce, 20)
	c.EventLife = cmp.Or(c.EventLife, 3*time.Hour)
	return c
}

// MaxPart is how many bytes a part may have that goes through the relay, unless one of
// the container has more, and MaxDownloads how often a transfer may be fetched that is not
// fetched any number of times.
const (
	MaxPart      = 32 << 20
	MaxDownloads = 1000
)

// Why something is refused. ErrUnknown is also what somebody is told who has no right
// to know of a transfer.
var (
	ErrTooLarge   = errors.New("larger than what may be stored")
	ErrInvalid    = errors.New("not a valid request")
	ErrIncomplete = errors.New("not all of it is there yet")
	ErrCompleted  = errors.New("it is complete already")
	ErrSpent      = errors.New("it was fetched as often as it may be")
	ErrBusy       = errors.New("others are fetching it now")
	ErrProof      = errors.New("the key is not the right one")
	ErrIndirect   = errors.New("all bytes go through the relay")
	ErrNoClaim    = errors.New("there is no such claim, or it is over")
)

// Service is what may be done with stored transfers. Its methods may be called by any
// goroutine.
type Service struct {
	index  Index
	blobs  Blobs
	config Config

	mu      sync.Mutex
	arrives map[ID]map[int]*arrival // the parts that are being put, by their numbers
}

// New returns a Service.
func New(i Index, b Blobs, c Config) *Service {
	return &Service{index: i, blobs: b, config: c.withDefaults(), arrives: make(map[ID]map[int]*arrival)}
}

// Terms are what a sender may ask for.
type Terms struct {
	DefaultLife, MaxLife time.Duration
	MaxSize              int64 // of a transfer, in bytes
}

// Terms returns them.
func (s *Service) Terms() Terms {
	t := Terms{DefaultLife: s.config.DefaultLife, MaxLife: s.config.MaxLife, MaxSize: s.blobs.Shape().MaxSize}
	if s.config.PerTransfer > 0 {
		t.MaxSize = min(t.MaxSize, s.config.PerTransfer)
	}
	return t
}

// Request is what a sender asks for.
type Request struct {
	Size      int64 // of all parts, at most
	Owner     Hash
	Proof     Hash
	Client    string        // whose quota it counts against
	Life      time.Duration // 0: the default
	Downloads int           // 0: any number
	Notify    string        // the URL that is told of events; may be empty
}

// Create makes a transfer without parts. Errors: ErrInvalid, ErrTooLarge, ErrFull,
// ErrClientQuota, and those of the index.
func (s *Service) Create(ctx context.Context, q Request) (Record, error) {
	switch {
	case q.Size <= 0 || q.Downloads < 0 || q.Downloads > MaxDownloads || q.Life < 0 || q.Owner == Hash{} || q.Proof == Hash{}:
		return Record{}, ErrInvalid
	case s.config.PerTransfer > 0 && q.Size > s.config.PerTransfer, q.Size > s.blobs.Shape().MaxSize:
		return Record{}, ErrTooLarge
	}
	if free, known := s.blobs.Free(ctx); known && free-q.Size < s.config.FreeFloor {
		return Record{}, ErrFull
	}
	now := time.Now().UTC()
	r := Record{
		ID: NewID(), Owner: q.Owner, Proof: q.Proof, Client: q.Client, Created: now, Touched: now,
		Expires: now.Add(s.life(q.Life)), Reserved: q.Size, Downloads: q.Downloads, Notify: q.Notify,
		PartSegments: partSegments(q.Size, s.blobs.Shape().MaxParts),
	}
	if err := s.index.Create(ctx, r, s.config.Limits); err != nil {
		return r, err
	}
	upload, err := s.blobs.Begin(ctx, r.ID)
	if err == nil && upload != "" {
		r, err = s.index.Update(ctx, r.ID, func(r *Record) error { r.Upload = upload; return nil })
	}
	if err != nil {
		return r, errors.Join(err, s.index.Delete(context.WithoutCancel(ctx), r.ID))
	}
	return r, nil
}

// life returns how long a transfer lives.
func (s *Service) life(asked time.Duration) time.Duration {
	return min(cmp.Or(asked, s.config.DefaultLife), s.config.MaxLife)
}

// find returns a transfer that is not over.
func (s *Service) find(ctx context.Context, id ID) (Record, error) {
	r, err := s.index.Find(ctx, id)
	if err == nil && !time.Now().Before(r.Expires) {
		err = ErrUnknown
	}
	return r, err
}

// owned returns a transfer, to its sender alone.
func (s *Service) owned(ctx context.Context, id ID, token Secret) (Record, error) {
	r, err := s.find(ctx, id)
	if err == nil && !r.Owner.matches(token) {
		err = ErrUnknown
	}
	return r, err
}

// Put keeps a part. If the same one is being put already, that ends with ErrInvalid: a
// sender whose connection broke comes back before that is noticed here. If body is an
// io.Closer it is closed to end a Read that nobody needs any more. Errors: ErrUnknown,
// ErrInvalid, ErrCompleted, ErrTooLarge, ErrFull, and those of body, the index and the blobs.
func (s *Service) Put(ctx context.Context, id ID, token Secret, number int, body io.Reader, size int64) error {
	r, err := s.owned(ctx, id, token)
	switch {
	case err != nil:
		return err
	case number < 0 || number >= s.blobs.Shape().MaxParts || size <= 0:
		return ErrInvalid
	case size > r.MaxPart():
		return ErrTooLarge
	case r.Complete():
		return ErrCompleted
	}
	arrival := s.arrive(id, number, body, size)
	defer s.arrived(id, number, arrival)
	parts, err := s.blobs.Parts(ctx, r)
	if err != nil {
		return err
	}
	if s.total(id, parts) > r.Reserved {
		return ErrTooLarge
	}
	if free, known := s.blobs.Free(ctx); known && free-size < s.config.FreeFloor {
		return ErrFull
	}
	if err := s.blobs.Put(ctx, r, number, arrival, size); err != nil {
		return err
	}
	return s.touch(ctx, id)
}

// touch records that an upload goes on.
func (s *Service) touch(ctx context.Context, id ID) error {
	_, err := s.index.Update(ctx, id, func(r *Record) error {
		now := time.Now().UTC()
		if now.Sub(r.Touched) < touchInterval {
			return errUnchanged
		}
		r.Touched = now
		return nil
	})
	if errors.Is(err, errUnchanged) {
		return nil
	}
	return err
}

// touchInterval is how often it is recorded that an upload goes on.
const touchInterval = time.Minute

// State returns a transfer and, until it is complete, the parts that are there, to its
// sender. The error may be ErrUnknown.
func (s *Service) State(ctx context.Context, id ID, token Secret) (Record, []Part, error) {
	r, err := s.owned(ctx, id, token)
	if err != nil || r.Complete() {
		return r, nil, err
	}
	parts, err := s.blobs.Parts(ctx, r)
	return r, parts, err
}

// Finish completes a transfer of that many parts. To do it again changes nothing.
// Errors: ErrUnknown, ErrIncomplete, ErrTooLarge, ErrCompleted if it had another number of
// parts.
func (s *Service) Finish(ctx context.Context, id ID, token Secret, count int) (Record, error) {
	r, err := s.owned(ctx, id, token)
	if err != nil {
		return r, err
	}
	if r.Complete() {
		if len(r.Parts) != count {
			return r, ErrCompleted
		}
		return r, nil
	}
	parts, err := s.toFinish(ctx, r)
	if err != nil {
		return r, err
	}
	if count < 1 || len(parts) != count || parts[count-1].Number != count-1 {
		return r, ErrIncomplete
	}
	var sizes []int64
	total := int64(0)
	for i, p := range parts {
		if i < count-1 && p.Size < s.blobs.Shape().MinPart {
			return r, ErrInvalid
		}
		sizes = append(sizes, p.Size)
		total += p.Size
	}
	if total > r.Reserved {
		return r, ErrTooLarge
	}
	// If it is interrupted behind this, the parts cannot be asked for any more.
	if _, err := s.index.Update(ctx, id, func(r *Record) error { r.Finishing = sizes; return nil }); err != nil {
		return r, err
	}
	if err := s.blobs.Finish(ctx, r, parts); err != nil {
		return r, err
	}
	return s.index.Update(ctx, id, func(r *Record) error {
		r.Parts, r.Finishing, r.Upload = sizes, nil, ""
		r.Reserved, r.Touched = total, time.Now().UTC()
		return nil
	})
}

// toFinish returns the parts of a transfer that is to be finished, or that an earlier
// attempt has finished that was interrupted.
func (s *Service) toFinish(ctx context.Context, r Record) ([]Part, error) {
	parts, err := s.blobs.Parts(ctx, r)
	if !errors.Is(err, ErrUnknown) || len(r.Finishing) == 0 {
		return parts, err
	}
	parts = nil
	for i, size := range r.Finishing {
		parts = append(parts, Part{Number: i, Size: size})
	}
	return parts, nil
}

// Delete removes a transfer, for its sender. The error may be ErrUnknown.
func (s *Service) Delete(ctx context.Context, id ID, token Secret) error {
	r, err := s.owned(ctx, id, token)
	if err != nil {
		return err
	}
	return s.remove(ctx, r)
}

// remove removes a transfer.
func (s *Service) remove(ctx context.Context, r Record) error {
	_, err := s.removeAll(ctx, []Record{r})
	return err
}

// removeAll removes transfers, and returns how many: first from the index, so that nobody
// fetches half of one.
func (s *Service) removeAll(ctx context.Context, all []Record) (removed int, err error) {
	var failed []error
	gone := make([]Record, 0, len(all))
	for _, r := range all {
		if err := s.index.Delete(ctx, r.ID); err != nil {
			failed = append(failed, err)
			continue
		}
		gone = append(gone, r)
	}
	if bulk, ok := s.blobs.(Bulk); ok && len(gone) > 1 {
		return len(gone), errors.Join(append(failed, bulk.DeleteAll(ctx, gone))...)
	}
	for _, r := range gone {
		failed = append(failed, s.blobs.Delete(ctx, r))
	}
	return len(gone), errors.Join(failed...)
}

// Extend lets a transfer live for that long from now, as far as may be. The error may
// be ErrUnknown.
func (s *Service) Extend(ctx context.Context, id ID, token Secret, life time.Duration) (Record, error) {
	if life < 0 {
		return Record{}, ErrInvalid
	}
	if _, err := s.owned(ctx, id, token); err != nil {
		return Record{}, err
	}
	return s.index.Update(ctx, id, func(r *Record) error {
		if r.Ended {
			return ErrUnknown
		}
		r.Expires = time.Now().UTC().Add(s.life(life))
		return nil
	})
}
