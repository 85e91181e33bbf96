package storeclient

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/textproto"
	"strconv"
	"time"

	"github.com/tallow-transfer/tallow/internal/rendezvous"
	"github.com/tallow-transfer/tallow/internal/storelink"
)

// Creation says what is to be stored.
type Creation struct {
	Size      int64 // of all parts, at most
	Owner     Token
	Proof     Proof
	Life      time.Duration // 0: the relay's default; it may shorten it
	Downloads int           // 0: any number
	Password  string        // of the relay, if it is closed
	Token     string        // of its store, if that is closed
	// Notify is a URL that the relay tells what becomes of the transfer; empty: none.
	// State.Notify says whether it does.
	Notify string
}

// creationJSON is the body of a Creation. The relay gets hashes of what is secret.
type creationJSON struct {
	Size      int64  `json:"size"`
	Owner     string `json:"owner"`
	Proof     string `json:"proof"`
	Life      int64  `json:"life,omitempty"`
	Downloads int    `json:"downloads"`
	Password  string `json:"password,omitempty"`
	Token     string `json:"token,omitempty"`
	Notify    string `json:"notify,omitempty"`
}

// Create begins a transfer, which gets an ID. It has no parts yet. The state says how many
// segments of the container each part has to have.
func (c *Client) Create(ctx context.Context, n Creation) (State, error) {
	owner, proof := sha256.Sum256(n.Owner[:]), sha256.Sum256(n.Proof[:])
	return c.state(ctx, call{method: "POST", want: 201, json: creationJSON{
		Size: n.Size, Owner: hex.EncodeToString(owner[:]), Proof: hex.EncodeToString(proof[:]),
		Life: seconds(n.Life), Downloads: n.Downloads, Password: n.Password, Token: n.Token,
		Notify: n.Notify,
	}})
}

// Pace is told of bytes that are about to be sent, and may slow them down.
type Pace struct {
	// Sending is called before n more bytes are sent; nil: nobody is told. An error gives
	// the part up, and is what PutPart returns.
	Sending func(ctx context.Context, n int) error
	// Piece is how many bytes that are at most; 0: as many as there is room for. A relay
	// gives up a part of which nothing comes for half a minute, and a limit of the rate
	// has to let pieces pass faster.
	Piece int
}

// PutPart stores a part: the one of that number, from 0. It is there once PutPart has
// returned. One that was there is replaced. An error of the part itself comes as it is.
func (c *Client) PutPart(ctx context.Context, id storelink.ID, owner Token, number int, part rendezvous.Body, p Pace) error {
	if c.bucket.direct() {
		return c.putDirect(ctx, id, owner, number, part, p)
	}
	q := call{
		method: "PUT", id: id, rest: "/parts/" + strconv.Itoa(number), bearer: owner[:], body: part,
		header: textproto.MIMEHeader{"Content-Type": {"application/octet-stream"}},
	}
	r, err := q.request()
	if err != nil {
		return err
	}
	return c.put(ctx, r, p, c.requests.Do, func(resp *rendezvous.HTTPResponse) error {
		if resp.Status != 204 {
			return c.refusal(resp)
		}
		return nil
	})
}

// put makes a request with a part in it, and gives up when nothing of it moves. check
// says whether the answer is that of success.
func (c *Client) put(
	ctx context.Context, r rendezvous.HTTPRequest, p Pace,
	do func(context.Context, rendezvous.HTTPRequest) (*rendezvous.HTTPResponse, error), check func(*rendezvous.HTTPResponse) error,
) error {
	watched, w, done := c.watch(ctx)
	defer done()
	r.Piece = p.Piece
	r.Sending = func(ctx context.Context, n int) error {
		if p.Sending != nil {
			w.rest()
			if err := p.Sending(ctx, n); err != nil {
				return err
			}
		}
		w.moved()
		return nil
	}
	resp, err := do(watched, r)
	if err != nil {
		return c.quietError(ctx, watched, err)
	}
	defer resp.Body.Close()
	if err := check(resp); err != nil {
		return c.quietError(ctx, watched, err)
	}
	_, _ = io.CopyN(io.Discard, resp.Body, maxRefusal)
	return nil
}

// State returns how far a transfer is.
func (c *Client) State(ctx context.Context, id storelink.ID, owner Token) (State, error) {
	return c.stateOf(ctx, id, call{method: "GET", rest: "/state", bearer: owner[:]})
}

// Complete makes a transfer of that many parts one that can be fetched. To do it again
// changes nothing.
func (c *Client) Complete(ctx context.Context, id storelink.ID, owner Token, parts int) (State, error) {
	return c.stateOf(ctx, id, call{method: "POST", rest: "/complete", bearer: owner[:], json: struct {
		Parts int `json:"parts"`
	}{parts}})
}

// Extend makes a transfer expire that long from now, as far as the relay lets it; 0: its
// default.
func (c *Client) Extend(ctx context.Context, id storelink.ID, owner Token, life time.Duration) (State, error) {
	return c.stateOf(ctx, id, call{method: "POST", rest: "/extend", bearer: owner[:], json: struct {
		Life int64 `json:"life"`
	}{seconds(life)}})
}

// Delete removes a transfer.
func (c *Client) Delete(ctx context.Context, id storelink.ID, owner Token) error {
	return c.short(ctx, call{method: "DELETE", id: id, bearer: owner[:], want: 204}, nil)
}

// stateOf makes a call about a transfer that answers with its state.
func (c *Client) stateOf(ctx context.Context, id storelink.ID, q call) (State, error) {
	q.id, q.want = id, 200
	s, err := c.state(ctx, q)
	if err == nil && s.ID != id {
		err = c.requests.Nonsense("it answers for another transfer", nil)
	}
	return s, err
}

// state makes a call that answers with a state.
func (c *Client) state(ctx context.Context, q call) (State, error) {
	var reply stateJSON
	if err := c.short(ctx, q, &reply); err != nil {
		return State{}, err
	}
	s, err := reply.state()
	if err != nil {
		return State{}, c.requests.Nonsense("its answer makes no sense", err)
	}
	c.bucket.offered(reply.Direct)
	return s, nil
}
