package longhaul

// chunkSize is the size in bytes of the pieces of a buffer.
const chunkSize = 64 << 10

// maxSpare is how many chunks are kept for later.
const maxSpare = 64

// buffer holds a part of a stream, by offset. It consists of chunks, which it has
// only where something was written.
type buffer struct {
	first  uint64 // offset of the first chunk, a multiple of chunkSize
	chunks []*[chunkSize]byte
	spare  []*[chunkSize]byte
}

// write copies b to an offset, which is not below what was released.
func (s *buffer) write(offset uint64, b []byte) {
	for len(b) > 0 {
		i := (offset - s.first) / chunkSize
		for uint64(len(s.chunks)) <= i {
			s.chunks = append(s.chunks, nil)
		}
		if s.chunks[i] == nil {
			s.chunks[i] = s.take()
		}
		n := copy(s.chunks[i][offset%chunkSize:], b)
		b, offset = b[n:], offset+uint64(n)
	}
}

// read copies what was written at an offset to b.
func (s *buffer) read(offset uint64, b []byte) {
	for len(b) > 0 {
		n := copy(b, s.chunks[(offset-s.first)/chunkSize][offset%chunkSize:])
		b, offset = b[n:], offset+uint64(n)
	}
}

// release forgets what is below an offset.
func (s *buffer) release(offset uint64) {
	done := 0
	for s.first+chunkSize <= offset {
		if done < len(s.chunks) {
			s.give(s.chunks[done])
			done++
		}
		s.first += chunkSize
	}
	if done > 0 {
		n := copy(s.chunks, s.chunks[done:])
		clear(s.chunks[n:])
		s.chunks = s.chunks[:n]
	}
}

func (s *buffer) take() *[chunkSize]byte {
	if n := len(s.spare); n > 0 {
		c := s.spare[n-1]
		s.spare = s.spare[:n-1]
		return c
	}
	return new([chunkSize]byte)
}

func (s *buffer) give(c *[chunkSize]byte) {
	if c != nil && len(s.spare) < maxSpare {
		s.spare = append(s.spare, c)
	}
}
