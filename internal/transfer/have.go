package transfer

import (
	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// haves are the hashes of the blocks that the other side has of one file.
type haves map[uint32]files.Hash

func (s *sender) takeHave(m []byte) error {
	h, err := wire.ParseHave(m)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.mayHave(h) {
		return protocol("blocks of file %d, which is not being asked for", h.File)
	}
	if s.have[h.File] == nil {
		s.have[h.File] = make(haves, len(h.Hashes))
	}
	for i, hash := range h.Hashes {
		s.have[h.File][h.First+uint32(i)] = hash
	}
	return nil
}

// mayHave checks that the other side speaks of blocks that exist, of a file
// whose page it has not answered yet; s.mu is held.
func (s *sender) mayHave(h wire.Have) bool {
	for _, p := range s.asked {
		if h.File >= p.first && h.File < p.first+uint64(len(p.items)) {
			it := p.items[h.File-p.first]
			return it.Kind == files.KindFile && uint64(h.First)+uint64(len(h.Hashes)) <= uint64(wire.Blocks(it.Size))
		}
	}
	return false
}
