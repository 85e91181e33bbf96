package transfer

import (
	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// blockHashes are the blocks of one file that the peer has, by number.
type blockHashes map[uint32]files.Hash

// handleHave notes which blocks of a file the peer has.
func (s *sender) handleHave(m []byte) error {
	h, err := wire.ParseHave(m)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.validHave(h) {
		return protocol("blocks of file %d, which is not being asked for", h.File)
	}
	if s.have[h.File] == nil {
		s.have[h.File] = make(blockHashes, len(h.Hashes))
	}
	for i, hash := range h.Hashes {
		s.have[h.File][h.First+uint32(i)] = hash
	}
	return nil
}

// validHave says whether a Have is about existing blocks of a file whose page is
// not answered yet; s.mu is held.
func (s *sender) validHave(h wire.Have) bool {
	for _, p := range s.asked {
		if h.File >= p.first && h.File < p.first+uint64(len(p.items)) {
			it := p.items[h.File-p.first]
			return it.Kind == files.KindFile && uint64(h.First)+uint64(len(h.Hashes)) <= uint64(wire.Blocks(it.Size))
		}
	}
	return false
}
