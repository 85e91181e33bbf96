package relay

import (
	"encoding/hex"
	"io"
	"net/http"
	"net/netip"
	"strconv"
	"time"

	"github.com/tallow-transfer/tallow/internal/mail"
	"github.com/tallow-transfer/tallow/relay/stored"
)

// What a sender may say in a mail, in bytes.
const (
	maxMailFrom = 64
	maxMailWhat = 200
)

// mailReply is what a sender is told of a mail.
type mailReply struct {
	Name    string           `json:"name"`
	To      string           `json:"to"`
	State   stored.MailState `json:"state"`
	Reason  string           `json:"reason,omitempty"`
	Changed int64            `json:"changed"` // seconds since 1970
}

func mailReplyOf(m stored.Mail) mailReply {
	return mailReply{Name: m.Name, To: m.To, State: m.State, Reason: m.Reason, Changed: m.Changed.Unix()}
}

// queueMail takes a mail that the relay will send.
func (s *store) queueMail(w http.ResponseWriter, req *http.Request, client netip.Addr) error {
	if err := s.limited(w, s.claims, client); err != nil {
		return err
	}
	id, token, err := s.owned(req)
	if err != nil {
		return err
	}
	var body struct {
		Name string `json:"name"`
		To   string `json:"to"`
		From string `json:"from"`
		What string `json:"what"`
		Note string `json:"note"`
	}
	if err := readJSON(w, req, &body); err != nil {
		return err
	}
	var name [16]byte
	if !parseHex(body.Name, name[:]) || len(body.From) > maxMailFrom || len(body.What) > maxMailWhat || len(body.Note) > mail.MaxNote {
		return stored.ErrInvalid
	}
	to, err := mail.ParseAddress(body.To)
	if err != nil {
		return err
	}
	m, err := s.service.QueueMail(req.Context(), id, token, stored.MailRequest{
		Name: hex.EncodeToString(name[:]), To: to, From: body.From, What: body.What, Note: body.Note, Client: clientKey(client).String(),
	})
	if err != nil {
		return err
	}
	s.outbox.Wake()
	return writeJSON(w, http.StatusAccepted, mailReplyOf(m))
}

// mails tells a sender what became of its mails.
func (s *store) mails(w http.ResponseWriter, req *http.Request, _ netip.Addr) error {
	id, token, err := s.owned(req)
	if err != nil {
		return err
	}
	mails, err := s.service.MailsOf(req.Context(), id, token)
	if err != nil {
		return err
	}
	reply := struct {
		Mails []mailReply `json:"mails"`
	}{Mails: make([]mailReply, 0, len(mails))}
	for _, m := range mails {
		reply.Mails = append(reply.Mails, mailReplyOf(m))
	}
	return writeJSON(w, http.StatusOK, reply)
}

// putKey keeps a wrapped key.
func (s *store) putKey(w http.ResponseWriter, req *http.Request, _ netip.Addr) error {
	id, token, err := s.owned(req)
	if err != nil {
		return err
	}
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyTimeout))
	wrapped, err := io.ReadAll(http.MaxBytesReader(w, req.Body, stored.MaxWrappedKey))
	if err != nil {
		return stored.ErrInvalid
	}
	if err := s.service.PutWrappedKey(req.Context(), id, token, wrapped); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// key gives the wrapped key. It uses nothing up.
func (s *store) key(w http.ResponseWriter, req *http.Request, client netip.Addr) error {
	if err := s.limited(w, s.claims, client); err != nil {
		return err
	}
	id, err := s.id(req)
	if err != nil {
		return err
	}
	wrapped, err := s.service.WrappedKey(req.Context(), id)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Length", strconv.Itoa(len(wrapped)))
	_, _ = w.Write(wrapped) // the client may be gone
	return nil
}

// checkNotify refuses a URL that is never called.
func (s *store) checkNotify(url string) error {
	switch {
	case url == "":
		return nil
	case s.hooks == nil:
		return errNotifyOff
	}
	return s.hooks.Check(url)
}
