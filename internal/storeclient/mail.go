package storeclient

import (
	"bytes"
	"context"
	"encoding/hex"
	"io"
	"net/textproto"
	"time"

	"github.com/tallow-transfer/tallow/internal/rendezvous"
	"github.com/tallow-transfer/tallow/internal/storelink"
)

// MaxWrappedKey bounds a wrapped key, in bytes. What is in it the store does not know.
const MaxWrappedKey = 256

// maxMails bounds the mails of a transfer, and maxMailText what is said of one, in bytes.
const (
	maxMails    = 1000
	maxMailText = 1000
)

// PutKey leaves a wrapped key with the store. One that was there is replaced.
func (c *Client) PutKey(ctx context.Context, id storelink.ID, owner Token, wrapped []byte) error {
	return c.short(ctx, call{
		method: "PUT", id: id, rest: "/key", bearer: owner[:], body: bytes.NewReader(wrapped), want: 204,
		header: textproto.MIMEHeader{"Content-Type": {"application/octet-stream"}},
	}, nil)
}

// Key returns the wrapped key of a transfer. It uses nothing up. A store that has none
// refuses it as Unknown; one that does not know of wrapped keys is a *NoStoreError.
func (c *Client) Key(ctx context.Context, id storelink.ID) (key []byte, err error) {
	err = c.ask(ctx, call{method: "GET", id: id, rest: "/key", want: 200}, func(body io.Reader) error {
		var err error
		key, err = c.all(body, MaxWrappedKey)
		return err
	})
	return key, err
}

// MailName is the name of a mail, which the sender chooses at random and keeps: the same
// name again is the same mail.
type MailName [16]byte

// Mail is one that the relay is to send.
type Mail struct {
	Name MailName
	To   string
	From string // the sender's name; may be empty
	Note string // the sender's text; may be empty
	What string // what is stored, as far as the relay may know; may be empty
}

// MailProgress is how far a mail is.
type MailProgress string

// How far a mail may be.
const (
	MailQueued MailProgress = "queued"
	MailSent   MailProgress = "sent"
	MailFailed MailProgress = "failed"
)

// MailState is what a sender is told of a mail.
type MailState struct {
	Name    MailName
	To      string // foreign text, and so is Reason
	State   MailProgress
	Reason  string
	Changed time.Time
}

// mailJSON is a state of a mail as the store writes it.
type mailJSON struct {
	Name    string       `json:"name"`
	To      string       `json:"to"`
	State   MailProgress `json:"state"`
	Reason  string       `json:"reason"`
	Changed int64        `json:"changed"`
}

// state checks a state of a mail.
func (j mailJSON) state() (MailState, error) {
	m := MailState{To: rendezvous.Printable(j.To), State: j.State, Reason: rendezvous.Printable(j.Reason), Changed: time.Unix(j.Changed, 0)}
	if n, err := hex.Decode(m.Name[:], []byte(j.Name[:min(len(j.Name), 2*len(m.Name))])); err != nil || n != len(m.Name) || len(j.Name) != 2*n {
		return MailState{}, errState
	}
	if j.Changed < 0 || j.Changed > maxTime || len(j.To) > maxMailText || len(j.Reason) > maxMailText {
		return MailState{}, errState
	}
	switch m.State {
	case MailQueued, MailSent, MailFailed:
		return m, nil
	}
	return MailState{}, errState
}

// SendMail has the relay send a mail, which has the link without its key. Under a name
// that the relay has already nothing is sent again.
func (c *Client) SendMail(ctx context.Context, id storelink.ID, owner Token, m Mail) (MailState, error) {
	var reply mailJSON
	err := c.short(ctx, call{method: "POST", id: id, rest: "/mail", bearer: owner[:], want: 202, json: struct {
		Name string `json:"name"`
		To   string `json:"to"`
		From string `json:"from,omitempty"`
		Note string `json:"note,omitempty"`
		What string `json:"what,omitempty"`
	}{hex.EncodeToString(m.Name[:]), m.To, m.From, m.Note, m.What}}, &reply)
	if err != nil {
		return MailState{}, err
	}
	state, err := reply.state()
	if err != nil || state.Name != m.Name {
		return MailState{}, c.requests.Nonsense("its answer makes no sense", err)
	}
	return state, nil
}

// Mails returns how far the mails of a transfer are.
func (c *Client) Mails(ctx context.Context, id storelink.ID, owner Token) (mails []MailState, err error) {
	var reply struct {
		Mails []mailJSON `json:"mails"`
	}
	if err := c.short(ctx, call{method: "GET", id: id, rest: "/mail", bearer: owner[:], want: 200}, &reply); err != nil {
		return nil, err
	}
	if len(reply.Mails) > maxMails {
		return nil, c.requests.Nonsense("its answer makes no sense", nil)
	}
	for _, j := range reply.Mails {
		m, err := j.state()
		if err != nil {
			return nil, c.requests.Nonsense("its answer makes no sense", err)
		}
		mails = append(mails, m)
	}
	return mails, nil
}
