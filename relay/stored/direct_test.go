package stored

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"
)

// The parts of a container cover it without a gap, whatever its size, and are not too
// many.
func TestPartSegments(t *testing.T) {
	const parts = 10_000
	for size, want := range map[int64]int{
		1: 1, OfferSize: 1, OfferSize + SegmentSize: 1, OfferSize + parts*SegmentSize: 1,
		OfferSize + parts*SegmentSize + 1: 2, 100 << 30: 2, 1 << 40: 14, 5 << 40: 66,
	} {
		got := partSegments(size, parts)
		r := Record{PartSegments: got}
		if got != want || r.partBegin(parts) < size {
			t.Errorf("%d bytes: %d segments in a part, want %d; %d parts reach to %d", size, got, want, parts, r.partBegin(parts))
		}
		if n := r.partBegin(2) - r.partBegin(1); n > 5<<30 {
			t.Errorf("%d bytes: a part of %d bytes is more than S3 takes", size, n)
		}
	}
}

// signing are Blobs that sign anything.
type signing struct{ Blobs }

func (signing) Shape() Shape                                  { return Shape{MaxParts: 3, MaxSize: 1 << 40, MinPart: 5} }
func (signing) Begin(context.Context, ID) (string, error)     { return "upload", nil }
func (signing) Free(context.Context) (int64, bool)            { return 0, false }
func (signing) Finish(context.Context, Record, []Part) error  { return nil }
func (signing) Parts(context.Context, Record) ([]Part, error) { return []Part{{0, 5}, {1, 1}}, nil }
func (signing) Origin() string                                { return "https://bucket.example" }
func (signing) PutURL(_ context.Context, r Record, number int, size int64) (SignedURL, error) {
	return SignedURL{URL: fmt.Sprintf("%s/%d/%d", r.Upload, number, size)}, nil
}

func (signing) GetURL(_ context.Context, _ Record, offset, n int64) (SignedURL, error) {
	return SignedURL{URL: fmt.Sprintf("%d/%d", offset, n)}, nil
}

// one is an Index of one record, of which nothing is ever to be done.
type one struct {
	Index // nil
	r     Record
}

func (o *one) Create(_ context.Context, r Record, _ Limits) error     { o.r = r; return nil }
func (o *one) Find(context.Context, ID) (Record, error)               { return o.r, nil }
func (o *one) Delete(context.Context, ID) error                       { return nil }
func (o *one) Each(_ context.Context, visit func(Record) error) error { return visit(o.r) }
func (o *one) Update(_ context.Context, _ ID, change func(*Record) error) (Record, error) {
	r := o.r
	if err := change(&r); err != nil {
		return o.r, err
	}
	o.r = r
	return r, nil
}

// What is signed are parts of what was announced, each within its place, so that all of
// them together are not more than that.
func TestWhatIsSigned(t *testing.T) {
	s := New(&one{}, signing{}, Config{})
	owner := Secret{1}
	const size = OfferSize + 2*SegmentSize + 100
	r, err := s.Create(t.Context(), Request{Size: size, Owner: sha256.Sum256(owner[:]), Proof: Hash{2}})
	if err != nil || r.Upload != "upload" || r.PartSegments != 1 {
		t.Fatalf("%+v, %v", r, err)
	}
	for _, c := range []struct {
		number int
		size   int64
		want   error
	}{
		{0, OfferSize + SegmentSize, nil},
		{0, OfferSize + SegmentSize + 1, ErrTooLarge},
		{1, SegmentSize, nil},
		{1, SegmentSize + 1, ErrTooLarge},
		{2, 100, nil},
		{2, 101, ErrTooLarge},
		{3, 1, ErrInvalid},
		{-1, 1, ErrInvalid},
		{0, 0, ErrInvalid},
		{0, -1, ErrInvalid},
	} {
		signed, err := s.PartURL(t.Context(), r.ID, owner, c.number, c.size)
		if !errors.Is(err, c.want) || err == nil && signed.URL != fmt.Sprintf("upload/%d/%d", c.number, c.size) {
			t.Errorf("part %d of %d bytes: %v, %v; want %v", c.number, c.size, signed, err, c.want)
		}
	}
	if _, err := s.PartURL(t.Context(), r.ID, Secret{9}, 0, 5); !errors.Is(err, ErrUnknown) {
		t.Errorf("for another: %v", err)
	}
	if _, err := s.Finish(t.Context(), r.ID, owner, 2); err != nil {
		t.Fatal(err)
	}
	if _, err := s.PartURL(t.Context(), r.ID, owner, 0, 5); !errors.Is(err, ErrCompleted) {
		t.Errorf("of what is complete: %v", err)
	}
	content := Content{Size: 6, service: s}
	for _, c := range []struct {
		offset, n int64
		want      error
	}{{0, 6, nil}, {5, 1, nil}, {5, 2, ErrInvalid}, {6, 0, ErrInvalid}, {-1, 2, ErrInvalid}, {1 << 62, 1 << 62, ErrInvalid}} {
		if _, err := content.URL(t.Context(), c.offset, c.n); !errors.Is(err, c.want) {
			t.Errorf("%d bytes from %d: %v, want %v", c.n, c.offset, err, c.want)
		}
	}
}

// interrupted are Blobs whose Finish is interrupted behind its end, once.
type interrupted struct {
	signing
	finished, failed bool
	small            bool
}

func (b *interrupted) Parts(context.Context, Record) ([]Part, error) {
	switch {
	case b.finished:
		return nil, ErrUnknown
	case b.small:
		return []Part{{0, 4}, {1, 1}}, nil
	}
	return []Part{{0, 5}, {1, 1}}, nil
}

func (b *interrupted) Finish(context.Context, Record, []Part) error {
	b.finished = true
	if !b.failed {
		b.failed = true
		return io.ErrUnexpectedEOF
	}
	return nil
}

// A relay that ends between the end of the blobs' work and its own record of it finds
// the transfer whole.
func TestFinishIsInterrupted(t *testing.T) {
	s := New(&one{}, &interrupted{}, Config{})
	owner := Secret{1}
	r, err := s.Create(t.Context(), Request{Size: 10, Owner: sha256.Sum256(owner[:]), Proof: Hash{2}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Finish(t.Context(), r.ID, owner, 2); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Fatalf("the first time: %v", err)
	}
	if _, err := s.Finish(t.Context(), r.ID, owner, 3); !errors.Is(err, ErrIncomplete) {
		t.Errorf("with another number of parts: %v", err)
	}
	r, err = s.Finish(t.Context(), r.ID, owner, 2)
	if err != nil || !r.Complete() || r.Size() != 6 || r.Upload != "" || r.Finishing != nil {
		t.Errorf("%+v, %v", r, err)
	}
	small := New(&one{}, &interrupted{small: true}, Config{})
	r, err = small.Create(t.Context(), Request{Size: 10, Owner: sha256.Sum256(owner[:]), Proof: Hash{2}, Life: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := small.Finish(t.Context(), r.ID, owner, 2); !errors.Is(err, ErrInvalid) {
		t.Errorf("a small part before the last: %v", err)
	}
}
