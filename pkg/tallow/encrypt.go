package tallow

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"time"

	"github.com/tallow-transfer/tallow/internal/archive"
	"github.com/tallow-transfer/tallow/internal/blockhash"
	"github.com/tallow-transfer/tallow/internal/container"
	"github.com/tallow-transfer/tallow/internal/transfer"
	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// EncryptedSuffix ends the names of the files that Encrypt makes, unless told
// otherwise.
const EncryptedSuffix = ".tallow"

// EncryptOptions say what to encrypt, and where to. Exactly one of Paths, Stream and
// Source is given, and at most one of Output and Writer.
type EncryptOptions struct {
	Paths  []string     // files and folders of this machine
	Stream io.Reader    // encrypted as one file named StreamName
	Source files.Source // anything else, such as files.FS; Encrypt does not close it

	StreamName   string // default "stdin"
	Links        Links  // what becomes of symlinks in folders of Paths; default LinksKeep
	RenameUnsafe bool   // as in SendOptions
	Rules        []Rule // as in SendOptions
	GitIgnore    bool   // as in SendOptions

	// Password is what Decrypt has to know. It may not be empty.
	Password string

	// Output is the file to write, or a folder for it; default ".". The file in a folder
	// has the name of the single path, or "files", and EncryptedSuffix.
	Output string
	Writer io.Writer
	// OnConflict says what to do if the file exists; default ConflictFail. ConflictSkip is
	// the same as ConflictFail.
	OnConflict Conflict
	// Ask is called with ConflictAsk.
	Ask func(ctx context.Context, existing Existing) (Conflict, error)
	// OnEvent is called with each event. The first is a StateEvent, the last an
	// EndEvent. It may be nil.
	OnEvent func(Event)
}

// Encrypt writes files and folders into one file that only the password opens. The
// file has its name once it is complete and synced; what was there before is replaced
// only then. Files that cannot be read are left out, with KindPartial. A
// WrittenEvent tells the name of the file, unless it goes to a Writer.
//
// Errors are of type *Error.
func (c *Client) Encrypt(ctx context.Context, o EncryptOptions) (Result, error) {
	t := newRun(true, o.OnEvent, nil)
	t.alone = true
	r, err := c.encrypt(ctx, t, o)
	return t.end(ctx, r, err)
}

func (c *Client) encrypt(ctx context.Context, t *transferRun, o EncryptOptions) (Result, error) {
	switch {
	case o.Password == "":
		return Result{}, usage(ReasonPasswordEmpty)
	case o.Output != "" && o.Writer != nil:
		return Result{}, usage(ReasonSeveralOutputs)
	}
	source, err := SendOptions{
		Paths: o.Paths, Stream: o.Stream, Source: o.Source, StreamName: o.StreamName,
		Links: o.Links, RenameUnsafe: o.RenameUnsafe, Rules: o.Rules, GitIgnore: o.GitIgnore,
	}.source(ctx, c.descriptors)
	if err != nil {
		return Result{}, err
	}
	defer source.Close()
	if err := t.check(ctx, source); err != nil {
		return Result{}, err
	}
	t.begin()
	t.tellRenamed(source)
	summary, err := archive.Survey(ctx, source, false)
	if err != nil {
		return Result{}, err
	}
	t.progress.Total.Store(summary.Entries.Bytes)
	t.beginAlone()
	t.offered(summary.Entries)

	out := output{
		o:   ReceiveOptions{Output: o.Output, Writer: o.Writer, OnConflict: neverSkip(o.OnConflict), Ask: o.ask()},
		log: c.log, descriptors: c.descriptors, close: func() {}, begun: func(resumable) {}, tell: t.tell,
	}
	defer func() { out.close() }()
	file, err := out.create(ctx, o.fileName(source))
	if err != nil {
		return Result{}, err
	}
	defer file.close()
	stop := t.reportProgress(ctx)
	sum, err := sealInto(ctx, file, source, summary.Offer, o.Password, archiveEvents{t})
	stop()
	if err == nil {
		err = file.commit(ctx)
	}
	r := t.archived(sum)
	r.Folder = out.folder
	if err == nil && out.folder != "" {
		t.tell(WrittenEvent{Path: filepath.Join(out.folder, filepath.FromSlash(file.file.Path())), Bytes: file.size})
	}
	return r, err
}

// sealInto writes a container to w.
func sealInto(ctx context.Context, w io.Writer, source files.Source, offer []byte, password string, o archive.Observer) (archive.Result, error) {
	keys, err := container.New(nil, password, container.DefaultCost())
	if err != nil {
		return archive.Result{}, err
	}
	stream, err := container.NewStream(w, keys, offer)
	if err != nil {
		return archive.Result{}, err
	}
	segments := container.NewWriter(stream)
	sum, err := archive.Write(ctx, segments, source, o)
	if err == nil {
		err = segments.Close()
	}
	return sum, err
}

// neverSkip returns what is done about a conflict where there is one file alone.
func neverSkip(c Conflict) Conflict {
	if c == ConflictSkip {
		return ConflictFail
	}
	return c
}

// ask returns Ask, where to skip is to fail.
func (o EncryptOptions) ask() func(context.Context, Existing) (Conflict, error) {
	if o.Ask == nil {
		return nil
	}
	return func(ctx context.Context, x Existing) (Conflict, error) {
		c, err := o.Ask(ctx, x)
		return neverSkip(c), err
	}
}

// fileName returns the name of the file that is made in a folder.
func (o EncryptOptions) fileName(source files.Source) string {
	if names := source.Names(); len(names) == 1 {
		return names[0] + EncryptedSuffix
	}
	return "files" + EncryptedSuffix
}

// beginAlone records that the work has begun, without a peer.
func (t *transferRun) beginAlone() {
	t.began = time.Now()
	t.changeState(transfer.EventBegun, "")
}

// archived returns the Result of an archive that was written or read.
func (t *transferRun) archived(r archive.Result) Result {
	sum := t.result(transfer.Result{
		Files: r.Files, Bytes: r.Bytes, Failed: r.Failed, Corrupt: r.Corrupt, Omitted: r.Omitted, LeftOut: r.LeftOut, Kept: r.Kept,
		Root: r.Root,
	})
	sum.Sent = r.Bytes
	return sum
}

// create opens the output for one file of that name, whose size is not known yet.
func (out *output) create(ctx context.Context, name string) (*outputFile, error) {
	dest, err := out.open(ctx, wire.Offer{Files: 1, Names: []string{name}})
	if err != nil {
		return nil, err
	}
	if err := dest.Begin(ctx, []string{name}, 0); err != nil {
		return nil, &transfer.DiskError{Err: err}
	}
	f, err := dest.Prepare(ctx, 0, files.Entry{Kind: files.KindStream, Path: name, Mode: 0o666, ModTime: time.Now()})
	if err != nil {
		return nil, notWritten(err, name)
	}
	if _, err := f.Have(ctx); err != nil {
		return nil, &transfer.DiskError{Err: err}
	}
	return &outputFile{dest: dest, file: f, forget: out.resume != nil, buf: make([]byte, 0, files.BlockSize)}, nil
}

// outputFile writes one file of a destination from its beginning to its end.
type outputFile struct {
	dest   files.Destination
	file   files.File
	forget bool // the destination does not remember an interrupted file
	buf    []byte
	size   int64 // written to the file
}

// Write adds to the file.
func (f *outputFile) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		n := min(len(rest), files.BlockSize-len(f.buf))
		f.buf = append(f.buf, rest[:n]...)
		rest = rest[n:]
		if len(f.buf) == files.BlockSize {
			if err := f.flush(); err != nil {
				return len(p) - len(rest) - n, err
			}
		}
	}
	return len(p), nil
}

// flush writes a block.
func (f *outputFile) flush() error {
	_, err := f.file.WriteAt(f.buf, f.size)
	if err == nil && !f.forget {
		index := uint32(f.size / files.BlockSize)
		err = f.file.Verified(index, blockhash.Sum(index, f.buf).Hash)
	}
	if err != nil {
		return notWritten(err, f.file.Path())
	}
	f.size += int64(len(f.buf))
	f.buf = f.buf[:0]
	return nil
}

// commit makes the file durable and gives it its name.
func (f *outputFile) commit(ctx context.Context) error {
	if len(f.buf) > 0 {
		if err := f.flush(); err != nil {
			return err
		}
	}
	if err := f.file.SetSize(f.size); err != nil {
		return notWritten(err, f.file.Path())
	}
	if err := f.dest.Commit(ctx, []files.File{f.file})[0]; err != nil {
		return notWritten(err, f.file.Path())
	}
	if err := f.dest.Finish(ctx); err != nil {
		return &transfer.DiskError{Err: err}
	}
	return nil
}

// close gives up the file, unless it was committed.
func (f *outputFile) close() { _ = f.file.Close() }

// notWritten returns the error of the one file that is to be written. Where it is
// refused, nothing is left to be done.
func notWritten(err error, path string) error {
	var refusal files.Refusal
	if errors.As(err, &refusal) {
		return &Error{Kind: KindIO, Reason: ReasonWrite, Path: path, Detail: refusal.Why(), Err: err}
	}
	return &transfer.DiskError{Err: err}
}
