package transfer

import "fmt"

// TooLargeError is the error of a Receive to which more is sent than
// ReceiveOptions.MaxBytes allows.
type TooLargeError struct {
	Limit int64 // in bytes
	Begun bool  // the offer was accepted; it was found only then
}

func (e *TooLargeError) Error() string { return fmt.Sprintf("more than %d bytes are sent", e.Limit) }

// Brief returns what the person at the peer is told.
func (e *TooLargeError) Brief() string {
	return fmt.Sprintf("it accepts at most %d bytes", e.Limit)
}

// admit counts n more bytes, of a file that is announced or a block of a stream that
// has arrived. The error is a *TooLargeError if that is more than is accepted.
func (r *receiver) admit(n int64) error {
	limit := r.o.MaxBytes
	if limit == 0 {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if n > limit-r.admitted {
		return &TooLargeError{Limit: limit, Begun: true}
	}
	r.admitted += n
	return nil
}
