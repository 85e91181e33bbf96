package archive

import (
	"context"
	"crypto/sha256"
	"errors"
	"hash"
	"io"

	"github.com/tallow-transfer/tallow/internal/blockhash"
	"github.com/tallow-transfer/tallow/internal/manifest"
	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// trailerSize is the number of bytes behind the content of a file: an outcome and a
// hash.
const trailerSize = 1 + files.HashSize

// maxPiece is the most that a piece of a stream has, in bytes. Pieces have a length of
// 32 bits before them; one of 0 ends the stream.
const maxPiece = files.BlockSize

// Write writes an archive of the source. Entries that cannot be read are told to the
// observer and are no error. Errors are those of ctx and w, and a *SourceError.
func Write(ctx context.Context, w io.Writer, source files.Source, o Observer) (Result, error) {
	a := &writer{w: w, o: o, block: make([]byte, 4+files.BlockSize), layout: sha256.New()}
	p := pages{flush: a.page, omitted: a.omitted}
	err := p.walk(ctx, source)
	var ours *writeError
	switch {
	case err == nil:
	case ctx.Err() != nil:
		err = context.Cause(ctx)
	case errors.As(err, &ours):
		err = ours.err
	default:
		err = &SourceError{err}
	}
	a.result.Root, _ = a.set.Root()
	a.result.Layout = [32]byte(a.layout.Sum(nil))
	return a.result, err
}

// writer is one Write.
type writer struct {
	w      io.Writer
	o      Observer
	block  []byte // with room for a length before it
	result Result
	set    blockhash.FileSet // of the files in result
	layout hash.Hash
}

// writeError tells an error of the writer from one of the source.
type writeError struct{ err error }

func (e *writeError) Error() string { return e.err.Error() }

func (a *writer) write(b []byte) error {
	if _, err := a.w.Write(b); err != nil {
		return &writeError{err}
	}
	return nil
}

// omitted tells and counts an entry that is left out.
func (a *writer) omitted(path string, err error) {
	if errors.Is(err, files.ErrLeftOut) {
		a.result.LeftOut++
		a.o.LeftOut(path, err.Error())
		return
	}
	a.result.Omitted++
	a.o.Failed(path, err.Error())
}

// page writes a page and the contents of its files.
func (a *writer) page(ctx context.Context, p *page) error {
	head := p.head()
	a.layout.Write(head)
	if err := a.write(head); err != nil {
		return err
	}
	for _, it := range p.items {
		if it.Kind != files.KindFile && it.Kind != files.KindStream {
			continue
		}
		if err := a.file(ctx, it); err != nil {
			return err
		}
	}
	return nil
}

// file writes the content of a file and its trailer.
func (a *writer) file(ctx context.Context, it files.Item) error {
	sum := &content{it: it}
	f, err := it.Open()
	if err != nil {
		sum.fail(wire.OutcomeUnreadable, err)
	} else {
		defer f.Close()
		defer context.AfterFunc(ctx, func() { _ = f.Close() })() // reading a pipe could block forever
	}
	if it.Kind == files.KindStream {
		err = a.stream(ctx, f, sum)
	} else {
		err = a.blocks(ctx, f, sum)
	}
	if err != nil {
		return err
	}
	sum.check(f)
	hash := sum.tree.Root()
	trailer := append([]byte{byte(sum.outcome)}, hash[:]...)
	if sum.outcome != wire.OutcomeOK {
		clear(trailer[1:])
		a.result.Failed++
		a.o.Failed(it.Path, sum.why)
	} else {
		a.result.Files++
		a.result.Bytes += sum.size
		a.set.Add(it.Path, hash)
		a.o.Done(Placed{Path: it.Path, Name: it.Path, Bytes: sum.size, Hash: hash})
	}
	return a.write(trailer)
}

// blocks writes a file of a known size. What cannot be read is written as zeros.
func (a *writer) blocks(ctx context.Context, f files.SourceFile, sum *content) error {
	for off := int64(0); off < sum.it.Size; {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		block := a.block[:min(files.BlockSize, sum.it.Size-off)]
		sum.read(f, block, off)
		if err := a.write(block); err != nil {
			return err
		}
		off += int64(len(block))
		a.o.Advanced(int64(len(block)))
	}
	return nil
}

// stream writes a stream in pieces.
func (a *writer) stream(ctx context.Context, f files.SourceFile, sum *content) error {
	for sum.outcome == wire.OutcomeOK {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		n, err := f.ReadAt(a.block[4:], sum.size)
		if n > 0 {
			a.block[0], a.block[1], a.block[2], a.block[3] = byte(n>>24), byte(n>>16), byte(n>>8), byte(n)
			sum.add(a.block[4 : 4+n])
			if err := a.write(a.block[:4+n]); err != nil {
				return err
			}
			a.o.Advanced(int64(n))
		}
		if n < files.BlockSize {
			if err != io.EOF {
				sum.fail(wire.OutcomeUnreadable, err)
			}
			break
		}
	}
	return a.write([]byte{0, 0, 0, 0})
}

// content is what was read of a file so far.
type content struct {
	it      files.Item
	tree    blockhash.Tree
	size    int64
	outcome wire.Outcome
	why     string // if it is not OK
}

// read reads a block; what cannot be read is 0.
func (c *content) read(f files.SourceFile, block []byte, off int64) {
	if c.outcome == wire.OutcomeOK {
		n, err := f.ReadAt(block, off)
		if n == len(block) {
			c.add(block)
			return
		}
		if err == io.EOF {
			c.fail(wire.OutcomeChanged, errShort)
		} else {
			c.fail(wire.OutcomeUnreadable, err)
		}
	}
	clear(block)
}

// add adds a block, or the last piece of one.
func (c *content) add(block []byte) {
	index := uint32(c.size / files.BlockSize)
	c.tree.Set(index, blockhash.Sum(index, block))
	c.size += int64(len(block))
}

// fail keeps the first reason why the file is not good.
func (c *content) fail(outcome wire.Outcome, err error) {
	if c.outcome == wire.OutcomeOK {
		c.outcome, c.why = outcome, manifest.ReasonText(err)
		if outcome == wire.OutcomeUnreadable {
			c.why = outcome.String() + ": " + c.why
		}
	}
}

// check finds out whether the file is still what it was when it was listed.
func (c *content) check(f files.SourceFile) {
	if c.outcome != wire.OutcomeOK {
		return
	}
	if c.it.Kind == files.KindFile {
		var more [1]byte
		switch n, err := f.ReadAt(more[:], c.it.Size); {
		case n > 0:
			c.fail(wire.OutcomeChanged, errGrew)
		case err != io.EOF:
			c.fail(wire.OutcomeUnreadable, err)
		}
	}
	if err := f.Changed(); err != nil {
		c.fail(wire.OutcomeChanged, err)
	}
}

// The errors of a file whose content is not as long as was announced.
var (
	errShort = errors.New("it became shorter while it was read")
	errGrew  = errors.New("it grew while it was read")
)
