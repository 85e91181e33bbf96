package rendezvous

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// Refusal is what a service of a relay that is no room says when it refuses a request:
// a store or a mailbox (docs/protocol.md, sections 16 and 17).
type Refusal struct {
	Relay string // as the user named it
	Word  string // why; empty if the body is none of a refusal
	// Message is the relay's own sentence, without control characters. It is foreign
	// text.
	Message    string
	RetryAfter time.Duration // how long the relay asks to wait; 0 if it does not say
}

// Refusal parses the body of an answer with another status than that of success.
func (r *Requests) Refusal(resp *HTTPResponse, body []byte) Refusal {
	var said struct {
		Error   string `json:"error"`
		Message string `json:"message"`
	}
	if json.Unmarshal(body, &said) != nil {
		return Refusal{Relay: r.Relay()}
	}
	return Refusal{Relay: r.Relay(), Word: said.Error, Message: Printable(said.Message), RetryAfter: RetryAfter(resp.Header)}
}

// IsMissing reports whether an answer says that the relay does not have such a service.
func (f Refusal) IsMissing(status int) bool { return status == 404 && f.Word == "not-found" }

// Late returns the error of a request that had to be short: the cause of ctx if that has
// ended, and that of a relay that does not answer if it was not short.
func (r *Requests) Late(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.Is(err, context.DeadlineExceeded):
		return r.Broken(err)
	}
	return err
}

// Passing reports whether an error of a request may be over after a while, so that the
// same request is worth another attempt, and how long the relay asks to wait before it.
// It does not know the refusals of services.
func Passing(err error) (wait time.Duration, passing bool) {
	var room *RelayError
	var unreachable *UnreachableError
	var between *BetweenError
	switch {
	case errors.Is(err, context.Canceled):
		return 0, false
	case errors.As(err, &room):
		return room.RetryAfter, room.Code == wire.RoomClosing || room.Code == wire.RoomUnavailable
	case errors.As(err, &unreachable), errors.As(err, &between):
		return 0, true
	}
	return 0, false
}
