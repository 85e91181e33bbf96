package relay

import "net/http"

// newRoutes returns the handler of everything that the relay serves.
func (r *Relay) newRoutes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/api/session", api(http.MethodPost, r.serveOpen))
	mux.Handle("/api/health", api(http.MethodGet, r.serveHealth))
	mux.Handle("/api/ready", api(http.MethodGet, r.serveReady))
	mux.Handle("/ws", only(http.MethodGet, r.serveSocket))
	addPages(mux)
	mux.HandleFunc("/", serveNothing)
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		mux.ServeHTTP(w, req)
	})
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

// api is like only, for what pages of other origins may use (CORS).
func api(method string, next http.HandlerFunc) http.Handler {
	rest := only(method, next)
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		h := w.Header()
		h.Set("Access-Control-Allow-Origin", "*")
		h.Set("Access-Control-Expose-Headers", "Retry-After")
		h.Set("Cache-Control", "no-store")
		if req.Method == http.MethodOptions {
			h.Set("Access-Control-Allow-Methods", method)
			h.Set("Access-Control-Allow-Headers", "Content-Type")
			h.Set("Access-Control-Max-Age", "86400")
			w.WriteHeader(http.StatusNoContent)
			return
		}
		rest.ServeHTTP(w, req)
	})
}
