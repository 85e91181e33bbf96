package blockhash

import "golang.org/x/sys/cpu"

// hasWide says whether this processor has the instructions of chunks16 and parents16:
// AVX-512F.
func hasWide() bool { return cpu.X86.HasAVX512F }

// chunks16 stores the chaining values of 16 chunks, of which the first has the number
// counter, a multiple of 16.
//
//go:noescape
func chunks16(out *[16][8]uint32, in *[16 * 1024]byte, counter uint64)

// parents16 stores the chaining values of 16 parents of two chaining values each. out
// may be the first half of in.
//
//go:noescape
func parents16(out *[16][8]uint32, in *[32][8]uint32)
