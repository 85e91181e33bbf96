package bundle

import (
	"context"
	"errors"
	"hash/crc32"
	"io/fs"

	"github.com/tallow-transfer/tallow/pkg/files"
)

// file is a file that a bundle receives. It implements files.File. The bundle's
// lock guards it.
type file struct {
	bundle *Bundle
	item   *item
	placed map[uint32]blockRecord // written and not verified yet
	closed bool                   // or committed
}

// Path implements files.File.
func (f *file) Path() string { return f.item.Path }

// Have implements files.File.
func (f *file) Have(ctx context.Context) (map[uint32]files.Block, error) {
	return f.bundle.have(ctx, f.item)
}

// WriteAt writes whole blocks. Those of a file lie one after the other; those of a
// stream, of which nobody knows how many there are, where there is space.
func (f *file) WriteAt(p []byte, off int64) (n int, err error) {
	if off < 0 || off%files.BlockSize != 0 {
		return 0, errors.New("not the beginning of a block")
	}
	for len(p) > 0 {
		block := p[:min(len(p), files.BlockSize)]
		if err := f.writeBlock(uint32(off/files.BlockSize), block); err != nil {
			return n, err
		}
		n, off, p = n+len(block), off+int64(len(block)), p[len(block):]
	}
	return n, nil
}

func (f *file) writeBlock(index uint32, p []byte) error {
	b := f.bundle
	b.mu.Lock()
	if f.closed || b.closed {
		b.mu.Unlock()
		return fs.ErrClosed
	}
	block := blockRecord{ID: f.item.ID, Index: index, Size: int64(len(p))}
	switch {
	case f.item.Kind == files.KindFile:
		block.At = f.item.At + int64(index)*files.BlockSize
	default:
		block.At = b.end
		b.end += block.Size
	}
	b.mu.Unlock()
	if f.item.Kind == files.KindFile && int64(index)*files.BlockSize+block.Size > f.item.Size {
		return errors.New("a block beyond the end of its file")
	}
	block.CRC = crc32.ChecksumIEEE(p)
	if _, err := b.data.WriteAt(p, block.At); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	f.placed[index] = block
	return nil
}

// Verified implements files.File.
func (f *file) Verified(index uint32, hash files.Hash) error {
	b := f.bundle
	b.mu.Lock()
	defer b.mu.Unlock()
	block, ok := f.placed[index]
	if !ok || f.closed {
		return fs.ErrClosed
	}
	delete(f.placed, index)
	block.Hash, block.Sum = hash, hash[:]
	f.item.blocks[index] = block
	return b.addVerified(block)
}

// SetSize implements files.File.
func (f *file) SetSize(size int64) error {
	f.bundle.mu.Lock()
	defer f.bundle.mu.Unlock()
	if f.closed {
		return fs.ErrClosed
	}
	if f.item.Kind == files.KindFile && size != f.item.Size {
		return refusal("the size is not the one that was offered")
	}
	f.item.Size = size
	return nil
}

// Close implements files.File. What is verified stays for the next attempt.
func (f *file) Close() error {
	f.bundle.mu.Lock()
	defer f.bundle.mu.Unlock()
	f.closed = true
	return nil
}
