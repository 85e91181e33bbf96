//go:build !js

package tallow

import (
	"context"
	"io"
	"slices"

	"github.com/tallow-transfer/tallow/internal/archive"
	"github.com/tallow-transfer/tallow/internal/container"
)

// storeStream stores what has no size before its end was read, such as a pipe. The relay
// has to know the size first, so everything is sealed into a file without a name.
func (s *storing) storeStream(ctx context.Context) (Result, error) {
	t := s.run
	// Before it is read, which may take long.
	if err := s.outage.try(ctx, refusedForNow, func() error { return s.client.checkStore(ctx, s.relay, s.o) }); err != nil {
		return Result{}, err
	}
	if err := s.makeKeys(); err != nil {
		return Result{}, err
	}
	sealed, err := s.newSealedFile()
	if err != nil {
		return Result{}, err
	}
	defer sealed.file.close()
	t.beginAlone()
	t.offered(s.summary.Entries)
	t.tell(WaitEvent{Reason: WaitReading})
	w := container.NewWriter(sealed)
	sum, err := archive.Write(ctx, w, s.source, storeEvents{archiveEvents{t}})
	if err == nil {
		err = w.Close()
	}
	r := t.archived(sum)
	r.Sent = 0
	if err != nil {
		return r, err
	}
	t.progress.Total.Store(sum.Bytes)
	s.summary.Entries.Bytes = sum.Bytes
	if err := s.create(ctx, sealed.size); err != nil {
		return r, err
	}
	stop := t.reportProgress(ctx)
	u := s.newUpload(ctx)
	err = u.end(sealed.putAll(u))
	stop()
	r.Sent = t.progress.SentTotal()
	if err != nil {
		return r, err
	}
	return r, s.complete(ctx, u.parts)
}

// sealedFile has a container until it is stored. It is a container.Sink.
type sealedFile struct {
	keys     *container.Keys
	file     *spool
	size     int64
	payloads []int // the bytes of the payload in each segment
	buf      []byte
}

// newSealedFile returns a file with the header and the offer.
func (s *storing) newSealedFile() (*sealedFile, error) {
	preface, err := s.keys.SealOffer(s.keys.Header().Bytes(), s.summary.Offer)
	if err != nil {
		return nil, err
	}
	f := &sealedFile{keys: s.keys}
	if f.file, err = newSpool(); err != nil {
		return nil, err
	}
	if err := f.add(preface); err != nil {
		f.file.close()
		return nil, err
	}
	return f, nil
}

func (f *sealedFile) add(sealed []byte) error {
	if _, err := f.file.WriteAt(sealed, f.size); err != nil {
		return spoolError(err)
	}
	f.size += int64(len(sealed))
	return nil
}

// Segment adds a segment.
func (f *sealedFile) Segment(index uint64, payload []byte, last bool) error {
	sealed, err := f.keys.SealSegment(f.buf[:0], index, payload, last)
	if err != nil {
		return err
	}
	f.buf = sealed
	f.payloads = append(f.payloads, len(payload))
	return f.add(sealed)
}

// putAll puts all parts.
func (f *sealedFile) putAll(u *upload) error {
	f.buf = nil
	offset, size := int64(0), int64(u.s.state.PartSegments)*container.SealedSegment
	for payloads := range slices.Chunk(f.payloads, u.s.state.PartSegments) {
		if _, err := u.slot(); err != nil {
			return err
		}
		end := container.Preface + int64(u.parts+1)*size
		p := part{number: u.parts, sealed: io.NewSectionReader(f.file, offset, min(end, f.size)-offset)}
		for _, n := range payloads {
			p.payload += int64(n)
		}
		u.put(p)
		u.parts++
		offset = end
	}
	return nil
}
