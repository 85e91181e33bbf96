//go:build !amd64

package blockhash

// hasWide says whether this processor has chunks16 and parents16.
func hasWide() bool { return false }

func chunks16(*[16][8]uint32, *[16 * 1024]byte, uint64) { panic("blockhash: not on this processor") }

func parents16(*[16][8]uint32, *[32][8]uint32) { panic("blockhash: not on this processor") }
