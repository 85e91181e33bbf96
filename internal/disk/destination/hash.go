package destination

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
	"github.com/tallow-transfer/tallow/internal/disk/journal"
	"github.com/tallow-transfer/tallow/internal/disk/partial"
	"github.com/tallow-transfer/tallow/internal/oserror"
	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// hashPartial hashes the blocks of a partial file that are claimed and have the
// hash that was claimed; all blocks, if claimed is nil.
func hashPartial(ctx context.Context, part *partial.File, e files.Entry, claimed []journal.Block) (map[uint32]files.Block, error) {
	src, err := part.Open(os.O_RDONLY)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("what is there of %s cannot be read: %w", e.Path, oserror.Wrap(err))
	}
	defer src.Close()
	info, err := src.Stat()
	if err != nil {
		return nil, err
	}
	size := info.Size()
	if e.Kind == files.KindFile {
		size = min(size, e.Size)
	}
	if claimed == nil {
		return hashAll(ctx, src, size)
	}
	return hashClaimed(ctx, src, size, claimed)
}

// hashAll hashes every block of the first size bytes of src.
func hashAll(ctx context.Context, src io.ReaderAt, size int64) (map[uint32]files.Block, error) {
	n := wire.Blocks(size)
	found := make(map[uint32]files.Block, n)
	buf := make([]byte, min(size, files.BlockSize))
	for i := range n {
		b, err := hashBlock(ctx, src, size, i, buf)
		if err != nil {
			return nil, err
		}
		found[i] = b
	}
	return found, nil
}

// hashClaimed hashes the claimed blocks and returns those that have the hash that
// was claimed.
func hashClaimed(ctx context.Context, src io.ReaderAt, size int64, claimed []journal.Block) (map[uint32]files.Block, error) {
	// Read in order. Stable: of several claims for a block the last one counts.
	claimed = slices.Clone(claimed)
	slices.SortStableFunc(claimed, func(a, b journal.Block) int { return cmp.Compare(a.Index, b.Index) })
	found := make(map[uint32]files.Block, len(claimed))
	buf := make([]byte, files.BlockSize)
	for i, c := range claimed {
		superseded := i+1 < len(claimed) && claimed[i+1].Index == c.Index
		if superseded || int64(c.Index)*files.BlockSize >= size {
			continue
		}
		b, err := hashBlock(ctx, src, size, c.Index, buf)
		if err != nil {
			return nil, err
		}
		if b.Hash == c.Hash {
			found[c.Index] = b
		}
	}
	return found, nil
}

// hashBlock hashes a block of the first size bytes of src. buf has room for it.
func hashBlock(ctx context.Context, src io.ReaderAt, size int64, index uint32, buf []byte) (files.Block, error) {
	if err := ctx.Err(); err != nil {
		return files.Block{}, err
	}
	off := int64(index) * files.BlockSize
	buf = buf[:min(files.BlockSize, size-off)]
	if n, err := src.ReadAt(buf, off); n < len(buf) {
		return files.Block{}, fmt.Errorf("what is there already cannot be read: %w", oserror.Wrap(err))
	}
	return blockhash.Sum(index, buf), nil
}
