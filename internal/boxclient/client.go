package boxclient

import (
	"bytes"
	"context"
	"io"
	"net/textproto"
	"slices"
	"time"

	"github.com/tallow-transfer/tallow/internal/rendezvous"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// What there can be in a mailbox, and in a request.
const (
	MessageSize = wire.BoxMessageSize // bytes of every message
	MaxSlots    = wire.MaxBoxSlots    // that one call of Watch may watch
)

// Slot is the place of one message. It is a secret of the two devices, and is used once.
type Slot [32]byte

// Message is a message and its slot.
type Message struct {
	Slot Slot
	Body []byte // of MessageSize bytes
}

const (
	// pollWait is how long the relay is asked to wait for a message. Many servers in
	// front of a relay give up a request after a minute in which nothing comes.
	pollWait = 45 * time.Second
	// answerTimeout is how long a request may take beside that.
	answerTimeout = 30 * time.Second
)

// Options are what a client may be told.
type Options struct {
	// Retrying, if it is set, is called by Watch before it waits to ask again: err is why,
	// or nil if the relay has answered sooner than it was asked to, with nothing.
	Retrying func(err error, wait time.Duration)
}

// Client makes the requests to one relay's mailbox, and names the relay's password if it
// has one. It is safe for concurrent use.
//
// Every method may return, beside what it says, a *Error if the mailbox refuses, a
// *NoBoxError if the relay has none, the errors of rendezvous.Client.Open but *LostError,
// and the cause of its context.
type Client struct {
	requests *rendezvous.Requests
	options  Options
	wait     time.Duration // pollWait
	timeout  time.Duration // answerTimeout
}

// New returns a client of a relay's mailbox. Close it at the end.
func New(c *rendezvous.Client, o Options) *Client {
	return &Client{requests: c.Requests(), options: o, wait: pollWait, timeout: answerTimeout}
}

// Close closes the connections that no request uses.
func (c *Client) Close() { c.requests.Close() }

// Put puts a message of MessageSize bytes into a slot. It is there once Put has returned,
// and maybe after an error: to put the same message again changes nothing. Another one in
// the same slot is refused as Taken. Passing tells whether an error is worth another
// attempt.
func (c *Client) Put(ctx context.Context, slot Slot, message []byte) error {
	body := wire.BoxPut{Slot: wire.BoxSlot(slot), Message: message, Password: c.requests.Password()}.Append(nil)
	_, err := c.do(ctx, "put", body, c.timeout, 204)
	return err
}

// Delete removes the messages in some slots. That there are none is no error.
func (c *Client) Delete(ctx context.Context, slots ...Slot) error {
	for some := range slices.Chunk(slots, wire.MaxBoxBatch) {
		body := wire.BoxDelete{Slots: boxSlots(some), Password: c.requests.Password()}.Append(nil)
		if _, err := c.do(ctx, "delete", body, c.timeout, 204); err != nil {
			return err
		}
	}
	return nil
}

// do makes a request, and returns the body of the answer if it is one of success.
func (c *Client) do(ctx context.Context, what string, body []byte, timeout time.Duration, want int) ([]byte, error) {
	bounded, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	resp, err := c.requests.Do(bounded, rendezvous.HTTPRequest{
		Method: "POST", Path: "api/box/" + what, Body: bytes.NewReader(body),
		Header: textproto.MIMEHeader{"Content-Type": {"application/json"}},
	})
	if err != nil {
		return nil, c.requests.Late(ctx, err)
	}
	defer resp.Body.Close()
	most := int64(maxRefusal)
	if resp.Status == want {
		most = wire.MaxBoxMessagesBody
	}
	b, err := io.ReadAll(io.LimitReader(resp.Body, most+1))
	switch {
	case err != nil:
		return nil, c.requests.Late(ctx, c.requests.Broken(err))
	case resp.Status != want:
		return nil, c.refusal(resp, b)
	case int64(len(b)) > most:
		return nil, c.requests.Nonsense("its answer is too long", nil)
	}
	return b, nil
}

// refusal returns the error of an answer with another status than that of success.
func (c *Client) refusal(resp *rendezvous.HTTPResponse, b []byte) error {
	said := c.requests.Refusal(resp, b)
	switch word := Word(said.Word); {
	case word.known():
		return &Error{Relay: said.Relay, Word: word, Message: said.Message, RetryAfter: said.RetryAfter}
	case said.IsMissing(resp.Status):
		return &NoBoxError{Relay: said.Relay}
	}
	return c.requests.Refused(resp.Status, resp.Header, b)
}

func boxSlots(slots []Slot) []wire.BoxSlot {
	to := make([]wire.BoxSlot, len(slots))
	for i, s := range slots {
		to[i] = wire.BoxSlot(s)
	}
	return to
}
