package disk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"

	"github.com/tallow-transfer/tallow/internal/blockhash"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// Have hashes what is at the file's place, or what the journal says is in its
// partial file.
func (ff *folderFile) Have(ctx context.Context) (map[uint32]blockhash.Block, error) {
	ff.mu.Lock()
	defer ff.mu.Unlock()
	if ff.base != nil {
		return ff.haveStanding(ctx)
	}
	claimed := ff.f.partial.account.blocks[ff.id]
	if len(claimed) == 0 && !ff.ready {
		return nil, nil
	}
	src, err := ff.openPart(os.O_RDONLY)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("what is there of %s cannot be read: %w", ff.entry.Path, asCause(err))
	}
	defer src.Close()
	info, err := src.Stat()
	if err != nil {
		return nil, err
	}
	size := info.Size()
	if ff.entry.Kind == wire.KindFile {
		size = min(size, ff.entry.Size)
	}
	if ff.ready {
		return hashAll(ctx, src, size)
	}
	return hashClaimed(ctx, src, size, claimed)
}

// hashAll is every block of the first size bytes of src.
func hashAll(ctx context.Context, src io.ReaderAt, size int64) (map[uint32]blockhash.Block, error) {
	n := wire.Blocks(size)
	found := make(map[uint32]blockhash.Block, n)
	buf := make([]byte, min(size, wire.BlockSize))
	for i := range n {
		b, err := hashBlock(ctx, src, size, i, buf)
		if err != nil {
			return nil, err
		}
		found[i] = b
	}
	return found, nil
}

// hashClaimed is those of the claimed blocks that are what is claimed of them.
func hashClaimed(ctx context.Context, src io.ReaderAt, size int64, claimed []block) (map[uint32]blockhash.Block, error) {
	// Read in order. Stable: of several claims for a block the last one counts.
	claimed = slices.Clone(claimed)
	slices.SortStableFunc(claimed, func(a, b block) int { return cmp.Compare(a.index, b.index) })
	found := make(map[uint32]blockhash.Block, len(claimed))
	buf := make([]byte, wire.BlockSize)
	for i, c := range claimed {
		superseded := i+1 < len(claimed) && claimed[i+1].index == c.index
		if superseded || int64(c.index)*wire.BlockSize >= size {
			continue
		}
		b, err := hashBlock(ctx, src, size, c.index, buf)
		if err != nil {
			return nil, err
		}
		if b.Hash == c.hash {
			found[c.index] = b
		}
	}
	return found, nil
}

// hashBlock hashes a block of the first size bytes of src; buf has room for it.
func hashBlock(ctx context.Context, src io.ReaderAt, size int64, index uint32, buf []byte) (blockhash.Block, error) {
	if err := ctx.Err(); err != nil {
		return blockhash.Block{}, err
	}
	off := int64(index) * wire.BlockSize
	buf = buf[:min(wire.BlockSize, size-off)]
	if n, err := src.ReadAt(buf, off); n < len(buf) {
		return blockhash.Block{}, fmt.Errorf("what is there already cannot be read: %w", asCause(err))
	}
	return blockhash.Sum(index, buf), nil
}
