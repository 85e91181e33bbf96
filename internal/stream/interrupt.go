package stream

import "time"

// interruptTimeout is how long a Read or a Write that was interrupted is waited
// for. A file takes a deadline and ignores it if somebody has made it blocking,
// as os.File.Fd does.
const interruptTimeout = time.Second

// awaitInterrupted waits for a goroutine whose Read or Write was interrupted.
func awaitInterrupted(ended <-chan struct{}) {
	timer := time.NewTimer(interruptTimeout)
	defer timer.Stop()
	select {
	case <-ended:
	case <-timer.C:
	}
}
