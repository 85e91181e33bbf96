package disk

import (
	"errors"
	"io"
	"os"
)

// takeBack makes a partial file of what stands at the place: it has turned out
// to be different, so its policy is applied now.
func (ff *folderFile) takeBack() error {
	b := ff.base
	if b.decide != nil {
		v, err := b.decide()
		if err != nil {
			ff.refusal = err
			return err
		}
		b.decide = nil
		ff.goTo(v)
	}
	dst, err := ff.openPart(os.O_RDWR | os.O_CREATE | os.O_TRUNC)
	if err != nil {
		return ff.f.writeError(err)
	}
	if err := ff.copyStanding(dst); err != nil {
		return errors.Join(err, dst.Close())
	}
	ff.file, ff.own, ff.base = dst, b.ours, nil
	ff.f.claims.add(ff, b.had...)
	return nil
}

// copyEvery is how many bytes are copied between two looks at the context.
const copyEvery = 64 << 20

// copyStanding copies the blocks that were offered, and no others: the system
// shares them between the two files where it can. They are hashed again: the
// sender said of what was hashed that it is the same, and not of what another
// program has written there since.
func (ff *folderFile) copyStanding(dst *os.File) error {
	b := ff.base
	if !b.hashed {
		return nil
	}
	src, _, err := ff.f.openAt(b.path)
	if err != nil {
		ff.refusal = errSwapped(ff.entry.Path)
		return ff.refusal
	}
	defer src.Close()
	size := ff.common(b.seen.size)
	for at := int64(0); at < size; at += copyEvery {
		if err := b.ctx.Err(); err != nil {
			return err
		}
		_, err := io.CopyN(dst, src, min(copyEvery, size-at))
		if errors.Is(err, io.EOF) {
			ff.refusal = errSwapped(ff.entry.Path)
			return ff.refusal
		}
		if err != nil {
			return ff.f.writeError(err)
		}
	}
	is, err := hashAll(b.ctx, dst, size)
	if err != nil {
		return err
	}
	for _, had := range b.had {
		if is[had.index].Hash != had.hash {
			ff.refusal = errSwapped(ff.entry.Path)
			return ff.refusal
		}
	}
	return nil
}
