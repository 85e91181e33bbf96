package relay

import (
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/tallow-transfer/tallow/relay/stored"
)

// offerBytes is what a receiver may read before it claims a download: the header and
// the offer of a container.
const offerBytes = stored.OfferSize

// offer gives the beginning of a transfer. It counts as nothing.
func (s *store) offer(w http.ResponseWriter, req *http.Request, client netip.Addr) error {
	if err := s.limited(w, s.claims, client); err != nil {
		return err
	}
	id, err := s.id(req)
	if err != nil {
		return err
	}
	r, err := s.service.Offer(req.Context(), id, offerBytes)
	if err != nil {
		return err
	}
	defer r.Close()
	sealedHeaders(w, offerBytes)
	return send(w, r)
}

// claim claims a download.
func (s *store) claim(w http.ResponseWriter, req *http.Request, client netip.Addr) error {
	if err := s.limited(w, s.claims, client); err != nil {
		return err
	}
	id, err := s.id(req)
	if err != nil {
		return err
	}
	var body struct {
		Proof string `json:"proof"`
		Claim string `json:"claim"`
	}
	if err := readJSON(w, req, &body); err != nil {
		return err
	}
	var proof stored.Secret
	var claim stored.ClaimID
	if !parseHex(body.Proof, proof[:]) || !parseHex(body.Claim, claim[:]) {
		return stored.ErrInvalid
	}
	r, err := s.service.Claim(req.Context(), id, proof, claim)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, struct {
		Size    int64 `json:"size"`
		Expires int64 `json:"expires"`
		Direct  bool  `json:"direct"`
	}{r.Size(), r.Expires.Unix(), s.service.Direct()})
}

// data gives what is stored, or a range of it, under a claim.
func (s *store) data(w http.ResponseWriter, req *http.Request, _ netip.Addr) error {
	id, claim, err := s.claimed(req)
	if err != nil {
		return err
	}
	c, err := s.service.Open(req.Context(), id, claim)
	if err != nil {
		return err
	}
	from, n, ok := parseRange(req.Header.Get("Range"), c.Size)
	if !ok {
		w.Header().Set("Content-Range", fmt.Sprintf("bytes */%d", c.Size))
		s.relay.rejected(storeMalformed)
		refuse(w, http.StatusRequestedRangeNotSatisfiable, storeMalformed, "There is nothing in that range.")
		return errAnswered
	}
	r, err := c.Read(req.Context(), from, n)
	if err != nil {
		return err
	}
	defer r.Close()
	sealedHeaders(w, n)
	w.Header().Set("Accept-Ranges", "bytes")
	if req.Header.Get("Range") != "" {
		w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, from+n-1, c.Size))
		w.WriteHeader(http.StatusPartialContent)
	}
	return send(w, r)
}

// commit counts a download.
func (s *store) commit(w http.ResponseWriter, req *http.Request, _ netip.Addr) error {
	id, claim, err := s.claimed(req)
	if err != nil {
		return err
	}
	if err := s.service.Commit(req.Context(), id, claim); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// sealedHeaders are those of n sealed bytes: a file to be saved, and never a page.
func sealedHeaders(w http.ResponseWriter, n int64) {
	h := w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", `attachment; filename="sealed.tallow"`)
	h.Set("Content-Length", strconv.FormatInt(n, 10))
}

// send sends a body. One that breaks off is shorter than it was said to be, which the
// receiver notices.
func send(w http.ResponseWriter, r io.Reader) error {
	control := http.NewResponseController(w)
	body := patient{r: r, wait: func() { _ = control.SetWriteDeadline(time.Now().Add(quietTimeout)) }}
	if _, err := io.Copy(w, body); err != nil {
		return errAnswered
	}
	return nil
}

// parseRange parses the one range of bytes that a request may ask for: "bytes=A-B" or
// "bytes=A-". No range is everything. A range that ends behind the end is cut.
func parseRange(text string, size int64) (from, n int64, ok bool) {
	if text == "" {
		return 0, size, true
	}
	first, last, ok := strings.Cut(strings.TrimPrefix(text, "bytes="), "-")
	if !ok || !strings.HasPrefix(text, "bytes=") {
		return 0, 0, false
	}
	from, err := strconv.ParseInt(first, 10, 64)
	if err != nil || from < 0 || from >= size {
		return 0, 0, false
	}
	to := size - 1
	if last != "" {
		if to, err = strconv.ParseInt(last, 10, 64); err != nil || to < from {
			return 0, 0, false
		}
	}
	return from, min(to, size-1) - from + 1, true
}
