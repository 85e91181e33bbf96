package tallow

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/tallow-transfer/tallow/internal/storeclient"
	"github.com/tallow-transfer/tallow/internal/storelink"
	"github.com/tallow-transfer/tallow/internal/wordkey"
)

// NewStoredWords returns new words under which a relay can have the key of a stored
// transfer: PutStoredWords.
func NewStoredWords() ([]string, error) { return wordkey.Generate() }

// PutStoredWords leaves the key of a stored transfer with its relay, wrapped under its
// Words, which never reach the relay. A receiver who has them needs no key in the link.
// Earlier words are good for nothing then. Errors are those of StoredState.
func (c *Client) PutStoredWords(ctx context.Context, s Stored) error {
	_, err := c.manage(ctx, s, func(store *storeclient.Client, id storelink.ID, owner storeclient.Token) (storeclient.State, error) {
		l, _, err := s.parse()
		if err != nil {
			return storeclient.State{}, err
		}
		wrapped, err := wordkey.Wrap(l, s.Words)
		if err != nil {
			return storeclient.State{}, err
		}
		return storeclient.State{}, store.PutKey(ctx, id, owner, wrapped)
	})
	return err
}

// LinkWithoutKey returns the link as it is in mails of the relay. It is not secret.
func (s Stored) LinkWithoutKey() string {
	l, err := storelink.Parse(s.Link)
	if err != nil {
		return ""
	}
	return l.WithoutKey()
}

// NotifyKey returns the key by which the one that is notified knows that it was the
// relay, in hexadecimal: of the HMAC-SHA256 in the header Tallow-Signature. It is empty
// if nobody is notified.
func (s Stored) NotifyKey() string {
	owner, err := hex.DecodeString(s.Owner)
	if err != nil || s.Notify == "" {
		return ""
	}
	sum := sha256.Sum256(owner)
	return hex.EncodeToString(sum[:])
}

// StoredMail is a mail that a relay is to send: it has the link without its key.
type StoredMail struct {
	// Name is that of the mail, as NewMailName returns one: the same name again is the same
	// mail, so that nothing is sent twice.
	Name string
	To   string // an address
	From string // the sender's name; may be empty
	Note string // the sender's text; may be empty. The relay takes links out of it
	What string // what is stored, as far as the relay may know it; may be empty
}

// MailState says how far a mail is.
type MailState string

// The states of a mail.
const (
	MailQueued MailState = "queued" // it is tried again
	MailSent   MailState = "sent"   // a mail server has taken it
	MailFailed MailState = "failed" // and is not tried again
)

// StoredMailState is what a relay says of a mail. To and Reason are foreign text.
type StoredMailState struct {
	Name    string
	To      string
	State   MailState
	Reason  string // why it is not sent; may be empty
	Changed time.Time
}

// NewMailName returns a new name for a StoredMail.
func NewMailName() string {
	var name storeclient.MailName
	_, _ = rand.Read(name[:]) // never fails
	return hex.EncodeToString(name[:])
}

// SendStoredMail has the relay send a mail about a stored transfer. The relay has to have
// its key under words: PutStoredWords. Errors are those of StoredState; also
// ReasonMailOff, ReasonMailQuota, ReasonMailAddress.
func (c *Client) SendStoredMail(ctx context.Context, s Stored, m StoredMail) (state StoredMailState, err error) {
	name, err := hex.DecodeString(m.Name)
	if err != nil || len(name) != len(storeclient.MailName{}) {
		return state, &Error{Kind: KindInternal, Reason: ReasonInternal, Detail: "a mail without a name", Err: err}
	}
	_, err = c.manage(ctx, s, func(store *storeclient.Client, id storelink.ID, owner storeclient.Token) (storeclient.State, error) {
		answer, err := store.SendMail(ctx, id, owner, storeclient.Mail{
			Name: storeclient.MailName(name), To: m.To, From: m.From, Note: m.Note, What: m.What,
		})
		state = mailState(answer)
		return storeclient.State{}, err
	})
	return state, err
}

// StoredMails returns what the relay says of the mails about a stored transfer. Errors
// are those of StoredState.
func (c *Client) StoredMails(ctx context.Context, s Stored) (mails []StoredMailState, err error) {
	_, err = c.manage(ctx, s, func(store *storeclient.Client, id storelink.ID, owner storeclient.Token) (storeclient.State, error) {
		answer, err := store.Mails(ctx, id, owner)
		for _, m := range answer {
			mails = append(mails, mailState(m))
		}
		return storeclient.State{}, err
	})
	return mails, err
}

func mailState(m storeclient.MailState) StoredMailState {
	return StoredMailState{
		Name: hex.EncodeToString(m.Name[:]), To: m.To, State: MailState(m.State), Reason: m.Reason, Changed: m.Changed,
	}
}
