package relay

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/tallow-transfer/tallow/relay/outbox"
	"github.com/tallow-transfer/tallow/relay/stored"
)

// store has the routes of stored transfers. docs/protocol.md, section 16, describes
// them.
type store struct {
	relay   *Relay
	service *stored.Service
	token   [sha256.Size]byte // the hash of StoreConfig.Token
	closed  bool              // there is one
	creates *limiter
	claims  *limiter
	every   time.Duration // between sweeps
	hooks   *outbox.Hooks // nil: no URLs are called
	outbox  *outbox.Outbox
	quiet   time.Duration // quietTimeout
}

func newStore(r *Relay, c *StoreConfig) *store {
	if c == nil {
		return nil
	}
	creates, claims := cmp.Or(c.CreatesPerMinute, 20), cmp.Or(c.ClaimsPerMinute, 60)
	out := c.Outbox
	out.Service, out.Logger = c.Service, r.config.Logger
	out.Told = func(what outbox.What, result outbox.Result) { r.config.Observer.Told(string(what), string(result)) }
	return &store{
		hooks: out.Hooks, outbox: outbox.New(out),
		relay: r, service: c.Service, token: sha256.Sum256([]byte(c.Token)), closed: c.Token != "", every: cmp.Or(c.SweepInterval, time.Minute), quiet: quietTimeout,
		creates: newLimiter(creates, creates/3), claims: newLimiter(claims, claims/3),
	}
}

// maxStoreBody bounds the JSON of a request, in bytes.
const maxStoreBody = 16 << 10

// addTo adds the routes. None of those that a GET can reach uses anything up: programs
// that look at links follow them.
func (s *store) addTo(mux *http.ServeMux) {
	for path, handlers := range map[string]map[string]storeHandler{
		"":                         {http.MethodPost: s.create, http.MethodGet: s.terms},
		"/{id}":                    {http.MethodDelete: s.remove},
		"/{id}/parts/{number}":     {http.MethodPut: s.put},
		"/{id}/parts/{number}/url": {http.MethodPost: s.partURL},
		"/{id}/state":              {http.MethodGet: s.state},
		"/{id}/complete":           {http.MethodPost: s.complete},
		"/{id}/extend":             {http.MethodPost: s.extend},
		"/{id}/offer":              {http.MethodGet: s.offer},
		"/{id}/claim":              {http.MethodPost: s.claim},
		"/{id}/data":               {http.MethodGet: s.data},
		"/{id}/data/url":           {http.MethodPost: s.dataURL},
		"/{id}/commit":             {http.MethodPost: s.commit},
		"/{id}/key":                {http.MethodPut: s.putKey, http.MethodGet: s.key},
		"/{id}/mail":               {http.MethodPost: s.queueMail, http.MethodGet: s.mails},
	} {
		guarded := make(map[string]http.HandlerFunc, len(handlers))
		for method, serve := range handlers {
			guarded[method] = s.guarded(serve)
		}
		mux.Handle("/api/store"+path, sandboxed(s.relay.apis(guarded)))
	}
	mux.Handle("/api/store/", sandboxed(http.HandlerFunc(serveNothing)))
}

// sandboxed adds to every answer what keeps browsers from showing it as a page, and
// search engines from keeping it.
func sandboxed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		h := w.Header()
		h.Set("X-Robots-Tag", "noindex, nofollow")
		h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
		h.Set("Content-Disposition", "attachment")
		next.ServeHTTP(w, req)
	})
}

// storeHandler answers a request of a client. What it refuses it returns as an error.
type storeHandler func(w http.ResponseWriter, req *http.Request, client netip.Addr) error

// guarded keeps out who is not served, and answers with the error of a handler.
func (s *store) guarded(next storeHandler) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		client, ok := s.relay.servedClient(w, req)
		if !ok {
			return
		}
		err := next(w, req, client)
		if err == nil || errors.Is(err, errAnswered) {
			return
		}
		why := storeRefusalOf(err)
		if why.word == storeBroken {
			s.relay.config.Logger.Warn("the store has failed", "error", err)
		}
		s.relay.rejected(why.word)
		refuse(w, why.status, why.word, why.text)
	}
}

// errAnswered is the error of a handler that has answered already.
var errAnswered = errors.New("answered")

// limited answers that a client has to wait.
func (s *store) limited(w http.ResponseWriter, l *limiter, client netip.Addr) error {
	wait := l.wait(client)
	if wait == 0 {
		return nil
	}
	s.relay.rejected(storeRate)
	w.Header().Set("Retry-After", strconv.Itoa(int(wait/time.Second)+1))
	refuse(w, http.StatusTooManyRequests, storeRate, "Too many at a time from this address; try again later.")
	return errAnswered
}

// id returns the transfer of a request.
func (s *store) id(req *http.Request) (stored.ID, error) {
	id, ok := stored.ParseID(req.PathValue("id"))
	if !ok {
		return id, stored.ErrUnknown
	}
	return id, nil
}

// owned returns the transfer of a request and its sender's token.
func (s *store) owned(req *http.Request) (id stored.ID, token stored.Secret, err error) {
	if id, err = s.id(req); err != nil {
		return id, token, err
	}
	if !bearer(req, token[:]) {
		return id, token, stored.ErrUnknown
	}
	return id, token, nil
}

// claimed returns the transfer of a request and the claim.
func (s *store) claimed(req *http.Request) (id stored.ID, claim stored.ClaimID, err error) {
	if id, err = s.id(req); err != nil {
		return id, claim, err
	}
	if !bearer(req, claim[:]) {
		return id, claim, stored.ErrNoClaim
	}
	return id, claim, nil
}

// bearer reads what Authorization has, in hexadecimal, into to.
func bearer(req *http.Request, to []byte) bool {
	text, ok := strings.CutPrefix(req.Header.Get("Authorization"), "Bearer ")
	return ok && parseHex(text, to)
}

// parseHex reads hexadecimal digits that are exactly as many as to takes.
func parseHex(text string, to []byte) bool {
	if len(text) != hex.EncodedLen(len(to)) {
		return false
	}
	_, err := hex.Decode(to, []byte(text))
	return err == nil
}

// readJSON reads the body of a request.
func readJSON(w http.ResponseWriter, req *http.Request, to any) error {
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyTimeout))
	b, err := io.ReadAll(http.MaxBytesReader(w, req.Body, maxStoreBody))
	if err != nil || json.Unmarshal(b, to) != nil {
		return stored.ErrInvalid
	}
	return nil
}

// writeJSON answers with a value.
func writeJSON(w http.ResponseWriter, status int, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	answer(w, status, b)
	return nil
}

// sweep removes what is over, until ctx ends.
func (s *store) sweep(ctx context.Context) {
	tick := time.NewTicker(s.every)
	defer tick.Stop()
	for {
		removed, err := s.service.Sweep(ctx)
		if err != nil && ctx.Err() == nil {
			s.relay.config.Logger.Warn("stored transfers could not be swept", "error", err)
		}
		if removed > 0 {
			s.relay.config.Logger.Info("stored transfers removed", "count", removed)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}
