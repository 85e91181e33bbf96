package trunk

import (
	"math"

	"github.com/pion/transport/v4/replaydetector"
)

// replayWindow is how far behind the highest number of a flow a datagram may be.
// It is counted in datagrams, starts with number 0, and is more than a path
// reorders. The detector shifts a bit mask of this size for each datagram, which
// is why it is not larger: at 4096 that takes longer than the decryption.
const replayWindow = 1024

// maxNumber is the highest number that is accepted.
const maxNumber = math.MaxUint64 - 1

// replayDetector refuses datagrams that have come before, or that are so old that
// they may have.
type replayDetector struct{ window replaydetector.CheckAccepter }

func newReplayDetector() replayDetector {
	// That it implements CheckAccepter is documented. Unlike Check it needs no
	// memory for each datagram.
	return replayDetector{replaydetector.New(replayWindow, maxNumber).(replaydetector.CheckAccepter)}
}

// accept notes the number of a datagram, which has to be authentic, and says
// whether it is new.
func (r replayDetector) accept(n uint64) bool {
	token := r.window.CheckSeq(n)
	r.window.Accept(token) // does nothing if the number is refused
	return token.Passed()
}
