package relay

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"net/netip"
	"strconv"
	"time"

	"github.com/tallow-transfer/tallow/relay/stored"
)

// quietTimeout is how long the body of a part, or of what is fetched, may stand still.
const quietTimeout = 30 * time.Second

// storedReply is what a sender is told of its transfer.
type storedReply struct {
	ID        string   `json:"id"`
	Created   int64    `json:"created"` // seconds since 1970
	Expires   int64    `json:"expires"`
	Complete  bool     `json:"complete"`
	Size      int64    `json:"size"`
	Downloads int      `json:"downloads"`
	Done      int      `json:"done"`
	Fetching  int      `json:"fetching"`
	Parts     [][2]int `json:"parts,omitempty"` // first and number of those that are there, until it is complete
	MaxPart   int64    `json:"max_part"`
	// PartSegments is how many segments of a container a part has, and Direct says that
	// there are URLs for parts and data.
	PartSegments int  `json:"part_segments"`
	Direct       bool `json:"direct"`
	// Mail says that the relay sends mails, and Opened when a receiver looked at the offer
	// for the first time, in seconds since 1970.
	Mail   bool  `json:"mail"`
	Opened int64 `json:"opened,omitempty"`
	// Notify says that the URL which the sender has named is called.
	Notify bool `json:"notify"`
}

// replyOf describes a record.
func (s *store) replyOf(r stored.Record, parts []stored.Part) storedReply {
	reply := storedReply{
		ID: r.ID.String(), Created: r.Created.Unix(), Expires: r.Expires.Unix(), Complete: r.Complete(), Size: r.Size(),
		Downloads: r.Downloads, Done: r.Done, Fetching: r.Fetching(time.Now()), MaxPart: r.MaxPart(),
		PartSegments: max(r.PartSegments, 1), Direct: s.service.Direct(),
		Mail: s.service.SendsMail(), Notify: s.hooks != nil && r.Notify != "",
	}
	if !r.Opened.IsZero() {
		reply.Opened = r.Opened.Unix()
	}
	for _, p := range parts {
		if n := len(reply.Parts); n > 0 && reply.Parts[n-1][0]+reply.Parts[n-1][1] == p.Number {
			reply.Parts[n-1][1]++
		} else {
			reply.Parts = append(reply.Parts, [2]int{p.Number, 1})
		}
	}
	return reply
}

// create begins a transfer.
func (s *store) create(w http.ResponseWriter, req *http.Request, client netip.Addr) error {
	if err := s.limited(w, s.creates, client); err != nil {
		return err
	}
	var body struct {
		Size      int64  `json:"size"`
		Owner     string `json:"owner"`
		Proof     string `json:"proof"`
		Life      int64  `json:"life"`
		Downloads int    `json:"downloads"`
		Password  string `json:"password"`
		Token     string `json:"token"`
		Notify    string `json:"notify"`
	}
	if err := readJSON(w, req, &body); err != nil {
		return err
	}
	if _, why := s.relay.checkPassword(client, body.Password); why.code != 0 {
		s.relay.refuse(w, why)
		return errAnswered
	}
	if !s.opens(body.Token) {
		s.relay.rejected(storeToken)
		refuse(w, http.StatusForbidden, storeToken, "The relay stores for those alone who have its token.")
		return errAnswered
	}
	const year = 366 * 24 * 60 * 60
	q := stored.Request{Size: body.Size, Client: clientKey(client).String(), Life: time.Duration(body.Life) * time.Second, Downloads: body.Downloads, Notify: body.Notify}
	if body.Life < 0 || body.Life > year || !parseHex(body.Owner, q.Owner[:]) || !parseHex(body.Proof, q.Proof[:]) {
		return stored.ErrInvalid
	}
	if err := s.checkNotify(body.Notify); err != nil {
		return err
	}
	r, err := s.service.Create(req.Context(), q)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusCreated, s.replyOf(r, nil))
}

// opens reports whether a token lets a sender in. The time says nothing of it.
func (s *store) opens(token string) bool {
	hash := sha256.Sum256([]byte(token))
	return !s.closed || subtle.ConstantTimeCompare(hash[:], s.token[:]) == 1
}

// put takes a part.
func (s *store) put(w http.ResponseWriter, req *http.Request, _ netip.Addr) error {
	id, token, err := s.owned(req)
	if err != nil {
		return err
	}
	number, err := strconv.Atoi(req.PathValue("number"))
	if err != nil || req.ContentLength < 0 {
		return stored.ErrInvalid
	}
	control := http.NewResponseController(w)
	_ = control.SetWriteDeadline(time.Time{}) // the answer comes when the part is there
	body := &partBody{r: req.Body, control: control, quiet: s.quiet}
	err = s.service.Put(req.Context(), id, token, number, body, req.ContentLength)
	_ = control.SetWriteDeadline(time.Now().Add(s.quiet))
	switch {
	case err != nil && (body.brokeOff() || req.Context().Err() != nil):
		return stored.ErrInvalid // the store is not to blame
	case err != nil:
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// state tells a sender how far its transfer is.
func (s *store) state(w http.ResponseWriter, req *http.Request, _ netip.Addr) error {
	id, token, err := s.owned(req)
	if err != nil {
		return err
	}
	r, parts, err := s.service.State(req.Context(), id, token)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, s.replyOf(r, parts))
}

// complete makes a transfer one that can be fetched.
func (s *store) complete(w http.ResponseWriter, req *http.Request, _ netip.Addr) error {
	id, token, err := s.owned(req)
	if err != nil {
		return err
	}
	var body struct {
		Parts int `json:"parts"`
	}
	if err := readJSON(w, req, &body); err != nil {
		return err
	}
	r, err := s.service.Finish(req.Context(), id, token, body.Parts)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, s.replyOf(r, nil))
}

// extend lets a transfer live longer.
func (s *store) extend(w http.ResponseWriter, req *http.Request, _ netip.Addr) error {
	id, token, err := s.owned(req)
	if err != nil {
		return err
	}
	var body struct {
		Life int64 `json:"life"`
	}
	if err := readJSON(w, req, &body); err != nil {
		return err
	}
	r, err := s.service.Extend(req.Context(), id, token, time.Duration(min(body.Life, 1<<32))*time.Second)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, s.replyOf(r, nil))
}

// remove deletes a transfer.
func (s *store) remove(w http.ResponseWriter, req *http.Request, _ netip.Addr) error {
	id, token, err := s.owned(req)
	if err != nil {
		return err
	}
	if err := s.service.Delete(req.Context(), id, token); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
