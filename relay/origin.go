package relay

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// anyOrigin in Config.Origins allows the pages of all.
const anyOrigin = "*"

// checkOrigins returns an error if one of a list is no origin.
func checkOrigins(origins []string) error {
	for _, o := range origins {
		u, err := url.Parse(o)
		if o != anyOrigin && (err != nil || u.Scheme == "" || u.Host == "" || o != u.Scheme+"://"+u.Host) {
			return fmt.Errorf("%q is no origin, write it like https://app.example", o)
		}
	}
	return nil
}

// origins says which pages of browsers may use the relay: those that it serves
// itself, and those of a list. Other pages must not, or anyone's page could make its
// visitors open rooms, and use up what their addresses are allowed. A program that is
// no browser sends no Origin, and is always allowed.
type origins []string

// allows reports whether the page that made a request may use the relay.
func (o origins) allows(req *http.Request) bool {
	values := req.Header.Values("Origin")
	switch len(values) {
	case 0:
		return true
	case 1:
		return o.listed(values[0]) || isOwn(values[0], req.Host)
	}
	return false
}

// listed reports whether an origin is in the list.
func (o origins) listed(origin string) bool {
	return slices.Contains(o, anyOrigin) ||
		slices.ContainsFunc(o, func(allowed string) bool { return strings.EqualFold(allowed, origin) })
}

// isOwn reports whether an origin is that of the host that the request is for. The
// scheme does not count, since a proxy may have taken off TLS.
func isOwn(origin, host string) bool {
	u, err := url.Parse(origin)
	return err == nil && u.Host != "" && strings.EqualFold(u.Host, host)
}

// answer tells a browser whether the page may read the answer (CORS).
func (o origins) answer(w http.ResponseWriter, req *http.Request) {
	h := w.Header()
	h.Add("Vary", "Origin")
	if origin := req.Header.Get("Origin"); origin != "" && o.allows(req) {
		h.Set("Access-Control-Allow-Origin", origin)
		h.Set("Access-Control-Expose-Headers", "Retry-After")
	}
}

// refuseOrigin answers a request of a page that may not use the relay.
func (r *Relay) refuseOrigin(w http.ResponseWriter) {
	r.rejected("origin")
	refuse(w, http.StatusForbidden, "origin", "Pages of this origin may not use this relay.")
}
