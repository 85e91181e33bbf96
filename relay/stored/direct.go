package stored

import "context"

// The sizes of a container (docs/protocol.md, section 15), which tell where a part
// begins. The store cannot open one.
const (
	// OfferSize is how many bytes its header and its offer have.
	OfferSize = 132 + 16 + 65_552
	// SegmentSize is how many bytes a segment has; the last may have fewer.
	SegmentSize = 16 + 128*65_552
)

// partSegments returns how many segments each part of a container of size bytes has, so
// that there are at most maxParts parts.
func partSegments(size int64, maxParts int) int {
	segments := (max(size-OfferSize, 1) + SegmentSize - 1) / SegmentSize
	return int((segments + int64(maxParts) - 1) / int64(maxParts))
}

// partBegin returns the offset in a container at which a part begins. The first one
// has the header and the offer, too.
func (r *Record) partBegin(number int) int64 {
	if number == 0 {
		return 0
	}
	return OfferSize + int64(number)*int64(r.PartSegments)*SegmentSize
}

// MaxPart returns how many bytes a part may have that goes through the relay: each of
// a container's.
func (r *Record) MaxPart() int64 { return max(MaxPart, r.partBegin(1)) }

// Direct reports whether bytes can go straight between clients and the blobs.
func (s *Service) Direct() bool {
	_, ok := s.blobs.(Direct)
	return ok
}

// Origin returns the origin of the URLs that are signed; empty if none are.
func (s *Service) Origin() string {
	if direct, ok := s.blobs.(Direct); ok {
		return direct.Origin()
	}
	return ""
}

// PartURL signs a URL to which the sender puts a part of exactly that size. The parts
// are the segments of a container, PartSegments in each; so none that is signed leads
// beyond what was announced, whoever signs the others. Errors: ErrUnknown,
// ErrInvalid, ErrCompleted, ErrTooLarge, ErrIndirect.
func (s *Service) PartURL(ctx context.Context, id ID, token Secret, number int, size int64) (SignedURL, error) {
	direct, ok := s.blobs.(Direct)
	if !ok {
		return SignedURL{}, ErrIndirect
	}
	r, err := s.owned(ctx, id, token)
	switch {
	case err != nil:
		return SignedURL{}, err
	case number < 0 || number >= s.blobs.Shape().MaxParts || size <= 0:
		return SignedURL{}, ErrInvalid
	case r.Complete():
		return SignedURL{}, ErrCompleted
	case size > r.partBegin(number+1)-r.partBegin(number), r.partBegin(number)+size > r.Reserved:
		return SignedURL{}, ErrTooLarge
	}
	signed, err := direct.PutURL(ctx, r, number, size)
	if err != nil {
		return SignedURL{}, err
	}
	return signed, s.touch(ctx, id)
}
