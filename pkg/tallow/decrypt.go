package tallow

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"math"
	"os"

	"github.com/tallow-transfer/tallow/internal/archive"
	"github.com/tallow-transfer/tallow/internal/container"
	"github.com/tallow-transfer/tallow/internal/oserror"
	"github.com/tallow-transfer/tallow/internal/stream"
	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// DecryptOptions say what to decrypt, and where to. Exactly one of Path and Stream is
// given, and at most one of Output, Writer and Destination.
type DecryptOptions struct {
	Path   string    // a file that Encrypt made
	Stream io.Reader // or what it contains

	// Password is called once it is known that what is there has a password.
	Password func(ctx context.Context) (string, error)

	Output      string            // as in ReceiveOptions
	Writer      io.Writer         // likewise
	Destination files.Destination // likewise; what was interrupted is not resumed
	OnConflict  Conflict          // likewise
	Ask         func(ctx context.Context, existing Existing) (Conflict, error)
	Preserve    bool // likewise
	// OnEvent is called with each event. The first is a StateEvent, the last an
	// EndEvent. It may be nil.
	OnEvent func(Event)
}

// Decrypt puts in place what Encrypt has encrypted. A file has its name only when it is
// verified and synced; where the rest is damaged or missing, those that came before it
// stay. Errors are of type *Error: KindCode for a wrong password, KindIntegrity for what
// was changed, damaged or cut off, and those of a Receive to the same output.
func (c *Client) Decrypt(ctx context.Context, o DecryptOptions) (Result, error) {
	t := newRun(false, o.OnEvent, nil)
	t.alone = true
	r, err := c.decrypt(ctx, t, o)
	var e *Error
	if errors.As(explainContainer(err), &e) {
		e.Path = o.Path
		err = e
	}
	return t.end(ctx, r, err)
}

func (c *Client) decrypt(ctx context.Context, t *transferRun, o DecryptOptions) (Result, error) {
	receive := ReceiveOptions{Output: o.Output, Writer: o.Writer, Destination: o.Destination, OnConflict: o.OnConflict, Ask: o.Ask, Preserve: o.Preserve}
	switch {
	case (o.Path == "") == (o.Stream == nil):
		return Result{}, usage(ReasonNothingToDecrypt)
	case receive.outputs() > 1:
		return Result{}, usage(ReasonSeveralOutputs)
	}
	t.begin()
	in, err := o.open(ctx)
	if err != nil {
		return Result{}, err
	}
	defer in.Close()
	keys, err := o.unlock(ctx, in)
	if err != nil {
		return Result{}, err
	}
	sealed, err := container.ReadOffer(in, keys)
	if err != nil {
		return Result{}, err
	}
	offer, err := archive.ParseOffer(sealed)
	if err != nil {
		return Result{}, err
	}
	t.progress.Total.Store(offer.Bytes)
	t.beginAlone()
	t.tell(OfferEvent{Offer{Text: offer.Text, Known: offer.Known, Files: offer.Files, Bytes: offer.Bytes, Names: offer.Names, Entries: offer.First, Whole: offer.Whole}})

	out := output{o: receive, log: c.log, descriptors: c.descriptors, close: func() {}, begun: func(resumable) {}, tell: t.tell}
	defer func() { out.close() }()
	dest, err := out.open(ctx, offer.Offer)
	if err != nil {
		return Result{}, err
	}
	stop := t.reportProgress(ctx)
	sum, err := archive.Read(ctx, container.NewReader(in, keys), offer.Offer, dest, archive.ReadOptions{Observer: archiveEvents{t}, Forget: out.resume != nil})
	stop()
	r := t.archived(sum)
	r.Text, r.Folder = out.text(), out.folder
	if err == nil && r.Corrupt > 0 {
		err = &Error{Kind: KindIntegrity, Reason: ReasonContainerContent, Detail: "a file is not what its hash says"}
	}
	return r, err
}

// unlock reads the header and returns the keys.
func (o DecryptOptions) unlock(ctx context.Context, in io.Reader) (*container.Keys, error) {
	h, err := container.ReadHeader(in)
	if err != nil {
		return nil, err
	}
	if h.NeedsSecret() || o.Password == nil {
		return nil, &Error{Kind: KindCode, Reason: ReasonContainerKey}
	}
	password, err := o.Password(ctx)
	if err != nil {
		return nil, err
	}
	return h.Open(nil, password)
}

// open opens what is to be decrypted. A read of it ends with ctx, where the system can
// do that.
func (o DecryptOptions) open(ctx context.Context) (io.ReadCloser, error) {
	if o.Path != "" {
		f, err := os.Open(o.Path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil, &Error{Kind: KindUsage, Reason: ReasonPathMissing, Path: o.Path, Err: err}
		case err != nil:
			return nil, &Error{Kind: KindIO, Reason: ReasonUnreadable, Path: o.Path, Detail: oserror.Cause(err), Err: err}
		}
		return containerFile{f, f}, nil
	}
	source := stream.NewReader("stdin", o.Stream)
	var opened files.SourceFile
	err := source.Walk(ctx, func(it files.Item) (err error) {
		opened, err = it.Open()
		return err
	})
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = opened.Close() })
	return containerFile{io.NewSectionReader(opened, 0, math.MaxInt64), closer(func() error {
		stop()
		return source.Close()
	})}, nil
}

// containerFile is an open container.
type containerFile struct {
	r io.Reader
	io.Closer
}

// Read reads from the container.
func (f containerFile) Read(p []byte) (int, error) {
	n, err := f.r.Read(p)
	if err != nil && err != io.EOF {
		err = &Error{Kind: KindIO, Reason: ReasonContainerRead, Detail: oserror.Cause(err), Err: err}
	}
	return n, err
}

type closer func() error

func (c closer) Close() error { return c() }

// explainContainer returns an *Error for one of a container, and any other error as it is.
func explainContainer(err error) error {
	e := &Error{Kind: KindIntegrity, Err: err}
	var cost *container.CostError
	var known *Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &known):
		return err
	case errors.Is(err, container.ErrFormat):
		e.Kind, e.Reason = KindUsage, ReasonContainerForm
	case errors.Is(err, container.ErrVersion):
		e.Kind, e.Reason = KindUsage, ReasonContainerVersion
	case errors.Is(err, container.ErrKey):
		e.Kind, e.Reason = KindCode, ReasonPasswordWrong
	case errors.As(err, &cost):
		e.Reason, e.Bytes = ReasonContainerCost, int64(cost.Cost.Memory)<<10
	case errors.Is(err, container.ErrHeader):
		e.Reason = ReasonContainerHeader
	case errors.Is(err, container.ErrTruncated):
		e.Reason = ReasonContainerTruncated
	case errors.Is(err, container.ErrTrailing):
		e.Reason = ReasonContainerTrailing
	case errors.Is(err, container.ErrCorrupt):
		e.Reason = ReasonContainerCorrupt
	case errors.Is(err, wire.ErrMalformed):
		e.Reason, e.Detail = ReasonContainerContent, err.Error()
	default:
		return err
	}
	return e
}
