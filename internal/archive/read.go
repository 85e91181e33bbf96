package archive

import (
	"context"
	"encoding/binary"
	"errors"
	"io"

	"github.com/tallow-transfer/tallow/internal/blockhash"
	"github.com/tallow-transfer/tallow/internal/manifest"
	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// ReadOptions are the settings of a Read.
type ReadOptions struct {
	Observer Observer
	// Forget keeps the destination from remembering what is verified, so that nothing of
	// an interrupted Read is left there. A destination that hands on what is verified,
	// such as standard output, cannot be used with it.
	Forget bool
	// MaxBytes is how many bytes of files are taken in all; 0: any number.
	MaxBytes int64
	// Skipped, if set, is told of n bytes, among those of Observer.Advanced, that were not
	// read: the destination has them, or does not take them. If they have to be read
	// after all, it is told of -n.
	Skipped func(n int64)
}

// ErrTooLarge is the error of a Read of more than ReadOptions.MaxBytes.
var ErrTooLarge = errors.New("more than is taken")

// Read reads an archive to its end and puts what is in it into a destination that was
// not begun. Entries that the destination refuses and files that turn out to be wrong
// are told to the observer and are no error.
//
// If r is an io.Seeker, what the destination has or does not take is not read. Files
// that the destination has in part are verified as a whole; if one turns out to be
// another version, the rest of it is read as well.
//
// Errors are those of ctx and r, a *DestinationError, ErrTooLarge, and
// wire.ErrMalformed. Files that were in place by then stay.
func Read(ctx context.Context, r io.Reader, offer wire.Offer, dest files.Destination, o ReadOptions) (Result, error) {
	a := &reader{r: r, dest: dest, o: o, block: make([]byte, files.BlockSize)}
	err := dest.Begin(ctx, offer.Names, offer.Stored)
	if err != nil {
		err = &DestinationError{err}
	} else if err = a.seekable(); err == nil {
		err = a.read(ctx)
	}
	for _, f := range a.complete {
		_ = f.file.Close()
	}
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	a.result.Root, _ = a.set.Root()
	return a.result, err
}

// reader is one Read.
type reader struct {
	r      io.Reader
	seeker io.Seeker // r, or nil
	end    int64     // of r, if there is a seeker
	dest   files.Destination
	o      ReadOptions

	admitted int64 // bytes that count against MaxBytes

	block  []byte
	result Result
	set    blockhash.FileSet // of the files in result

	nextPage  uint32
	nextEntry uint64

	complete []*incoming // files that are whole and wait for their commit
	waiting  int64       // bytes of these
}

// seekable finds out whether what is read can be skipped.
func (a *reader) seekable() error {
	seeker, ok := a.r.(io.Seeker)
	if !ok {
		return nil
	}
	start, err := seeker.Seek(0, io.SeekCurrent)
	if err != nil {
		return err
	}
	if a.end, err = seeker.Seek(0, io.SeekEnd); err != nil {
		return err
	}
	a.seeker = seeker
	_, err = seeker.Seek(start, io.SeekStart)
	return err
}

func (a *reader) read(ctx context.Context) error {
	for last := false; !last; {
		p, err := a.page()
		if err != nil {
			return err
		}
		if err := a.entries(ctx, p); err != nil {
			return err
		}
		if err := a.commit(ctx); err != nil {
			return err
		}
		last = p.Last
	}
	if err := a.padding(); err != nil {
		return err
	}
	return a.finish(ctx)
}

// message reads a message behind its length.
func (a *reader) message() ([]byte, error) {
	var length [2]byte
	if err := a.full(length[:]); err != nil {
		return nil, err
	}
	m := make([]byte, binary.BigEndian.Uint16(length[:]))
	return m, a.full(m)
}

// full fills b. An archive that ends there is malformed.
func (a *reader) full(b []byte) error {
	_, err := io.ReadFull(a.r, b)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return malformed("the archive ends too early")
	}
	return err
}

// page reads the head of a page, and tells what was left out.
func (a *reader) page() (wire.Manifest, error) {
	m, err := a.message()
	if err != nil {
		return wire.Manifest{}, err
	}
	var omitted wire.Omitted
	if t, _ := wire.TypeOf(m); t == wire.TypeOmitted {
		if omitted, err = wire.ParseOmitted(m); err != nil {
			return wire.Manifest{}, err
		}
		if m, err = a.message(); err != nil {
			return wire.Manifest{}, err
		}
	}
	p, err := wire.ParseManifest(m)
	if err != nil {
		return p, err
	}
	if p.Page != a.nextPage || p.First != a.nextEntry {
		return p, malformed("page %d from entry %d, page %d from %d is next", p.Page, p.First, a.nextPage, a.nextEntry)
	}
	a.nextPage++
	a.nextEntry += uint64(len(p.Entries))
	a.result.Omitted += int64(p.Omitted)
	a.result.LeftOut += int64(omitted.LeftOut)
	for _, e := range omitted.Entries {
		reason := "on the sending side: " + e.Reason
		if e.OnPurpose {
			a.o.Observer.LeftOut(e.Path, reason)
		} else {
			a.o.Observer.Failed(e.Path, reason)
		}
	}
	return p, nil
}

// entries prepares the entries of a page and reads the contents of its files.
func (a *reader) entries(ctx context.Context, p wire.Manifest) error {
	for i, e := range p.Entries {
		in, err := a.prepare(ctx, p.First+uint64(i), manifest.FromWire(e))
		if err != nil {
			return err
		}
		if in.entry.Kind != files.KindFile && in.entry.Kind != files.KindStream {
			continue
		}
		if err := a.file(ctx, in); err != nil {
			in.close()
			return err
		}
		if in.skipped {
			if err := a.expect(p.Entries[i+1:]); err != nil {
				return err
			}
		}
	}
	return nil
}

// An Expecter is an io.ReadSeeker that may be told where it will be read soon.
type Expecter interface {
	io.ReadSeeker
	// Expect says that soon there will be short reads at these offsets, in this order.
	Expect(offsets ...int64)
}

// maxExpected is how many files ahead their ends are expected.
const maxExpected = 16

// expect tells an Expecter where the ends of the next files are. Where one file is there
// already, so are often those that follow, and nothing but their ends is read.
func (a *reader) expect(next []wire.Entry) error {
	reader, ok := a.r.(Expecter)
	if !ok {
		return nil
	}
	at, err := a.position()
	if err != nil {
		return err
	}
	var ends []int64
	for _, e := range next {
		if e.Kind == wire.KindStream || len(ends) >= 2*maxExpected || int64(e.Size) > a.end-at {
			break
		}
		if e.Kind == wire.KindFile {
			at += int64(e.Size) + trailerSize
			ends = append(ends, at-trailerSize, at-1)
		}
	}
	reader.Expect(ends...)
	return nil
}

// padding reads to the end of the container. What follows the last page is zeros. Of a
// long padding that can be skipped only the end is read: it tells that nothing is
// missing.
func (a *reader) padding() error {
	if err := a.skipPadding(); err != nil {
		return err
	}
	for {
		n, err := a.r.Read(a.block)
		if !isZero(a.block[:n]) {
			return malformed("something follows the last file")
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// paddingRead is how many bytes of the padding are read at most, where it can be skipped.
const paddingRead = 64 << 10

func (a *reader) skipPadding() error {
	if a.seeker == nil {
		return nil
	}
	at, err := a.seeker.Seek(0, io.SeekCurrent)
	if err != nil {
		return err
	}
	_, err = a.seeker.Seek(max(at, a.end-paddingRead), io.SeekStart)
	return err
}

// finish does what can only be done at the end.
func (a *reader) finish(ctx context.Context) error {
	err := a.dest.Finish(ctx)
	var unfinished *files.UnfinishedError
	if !errors.As(err, &unfinished) {
		if err != nil {
			return &DestinationError{err}
		}
		return nil
	}
	a.result.Failed += int64(unfinished.Count)
	a.result.Kept += int64(unfinished.KeptCount)
	for i, p := range unfinished.Paths {
		a.o.Observer.Failed(p, unfinished.Reasons[i])
	}
	for i, p := range unfinished.Kept {
		a.o.Observer.Kept(p, unfinished.KeptReasons[i])
	}
	return nil
}
