package relay

import "net/http"

// newRoutes returns the handler of everything that the relay serves.
func (r *Relay) newRoutes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/api/session", r.api(http.MethodPost, r.serveOpen))
	mux.Handle("/api/health", r.api(http.MethodGet, r.serveHealth))
	mux.Handle("/api/ready", r.api(http.MethodGet, r.serveReady))
	mux.Handle("/ws", only(http.MethodGet, r.serveSocket))
	addPages(mux)
	mux.HandleFunc("/", serveNothing)
	return withHeaders(r.observed(mux))
}

// only allows one method, and HEAD with GET.
func only(method string, next http.HandlerFunc) http.Handler {
	allow := method
	if method == http.MethodGet {
		allow += ", " + http.MethodHead
	}
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.Method != method && (method != http.MethodGet || req.Method != http.MethodHead) {
			w.Header().Set("Allow", allow)
			refuse(w, http.StatusMethodNotAllowed, "method", "Use "+allow+" here.")
			return
		}
		next(w, req)
	})
}

// api is like only, for what pages of allowed origins may use (CORS).
func (r *Relay) api(method string, next http.HandlerFunc) http.Handler {
	rest := only(method, next)
	allowed := origins(r.config.Origins)
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		allowed.answer(w, req)
		switch {
		case req.Method == http.MethodOptions:
			h.Set("Access-Control-Allow-Methods", method)
			h.Set("Access-Control-Allow-Headers", "Content-Type")
			h.Set("Access-Control-Max-Age", "86400")
			w.WriteHeader(http.StatusNoContent)
		case method != http.MethodGet && !allowed.allows(req):
			r.refuseOrigin(w)
		default:
			rest.ServeHTTP(w, req)
		}
	})
}
