package blockhash

import (
	"runtime"

	"github.com/klauspost/cpuid/v2"
)

const cacheLine = 64

// fetches is whether data is fetched before it is hashed. guts.CompressEigentree takes one
// word of each chunk at a time. AMD's processors wait for memory at each of them, and hash
// 1.5 times as fast what is in the cache. Intel's notice that 16 streams are read, and
// lose a sixth by reading everything twice (docs/performance.md).
var fetches = cpuid.CPU.IsVendor(cpuid.AMD)

// fetch reads data into the processor's cache. It reads in order, so the processor
// prefetches.
func fetch(data []byte) {
	var all byte
	for len(data) >= 4*cacheLine {
		all |= data[0] | data[cacheLine] | data[2*cacheLine] | data[3*cacheLine]
		data = data[4*cacheLine:]
	}
	runtime.KeepAlive(all)
}
