package relay

import (
	"net/http"
	"net/netip"
	"strconv"

	"github.com/tallow-transfer/tallow/relay/stored"
)

// signedReply is a URL for one request, with exactly the length or range that was asked
// for.
type signedReply struct {
	URL     string `json:"url"`
	Expires int64  `json:"expires"` // seconds since 1970
}

// partURL signs the URL to which the sender puts a part.
func (s *store) partURL(w http.ResponseWriter, req *http.Request, _ netip.Addr) error {
	id, token, err := s.owned(req)
	if err != nil {
		return err
	}
	number, err := strconv.Atoi(req.PathValue("number"))
	if err != nil {
		return stored.ErrInvalid
	}
	var body struct {
		Size int64 `json:"size"`
	}
	if err := readJSON(w, req, &body); err != nil {
		return err
	}
	signed, err := s.service.PartURL(req.Context(), id, token, number, body.Size)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, signedReply{signed.URL, signed.Expires.Unix()})
}

// dataURL signs the URL from which a receiver gets a range, under a claim.
func (s *store) dataURL(w http.ResponseWriter, req *http.Request, _ netip.Addr) error {
	id, claim, err := s.claimed(req)
	if err != nil {
		return err
	}
	var body struct {
		From int64 `json:"from"`
		Size int64 `json:"size"`
	}
	if err := readJSON(w, req, &body); err != nil {
		return err
	}
	c, err := s.service.Open(req.Context(), id, claim)
	if err != nil {
		return err
	}
	signed, err := c.URL(req.Context(), body.From, body.Size)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, signedReply{signed.URL, signed.Expires.Unix()})
}
