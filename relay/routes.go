package relay

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

// newRoutes returns the handler of everything that the relay serves.
func (r *Relay) newRoutes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/api/session", r.api(http.MethodPost, r.serveOpen))
	mux.Handle("/api/health", r.api(http.MethodGet, r.serveHealth))
	mux.Handle("/api/ready", r.api(http.MethodGet, r.serveReady))
	bucket := ""
	if r.store != nil {
		r.store.addTo(mux)
		bucket = r.store.service.Origin()
	} else {
		mux.Handle("GET /api/store", r.api(http.MethodGet, serveNoStore))
	}
	if r.box != nil {
		r.box.addTo(mux)
	}
	mux.Handle("/ws", only(http.MethodGet, r.serveSocket))
	addPages(mux, clientPolicy(bucket))
	mux.HandleFunc("/", serveNothing)
	return withHeaders(r.observed(mux))
}

// only allows one method, and HEAD with GET.
func only(method string, next http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.Method != method && (method != http.MethodGet || req.Method != http.MethodHead) {
			refuseMethod(w, []string{method})
			return
		}
		next(w, req)
	})
}

// api is like only, for what pages of allowed origins may use (CORS).
func (r *Relay) api(method string, next http.HandlerFunc) http.Handler {
	return r.apis(map[string]http.HandlerFunc{method: next})
}

// apis is api for a path with several methods.
func (r *Relay) apis(handlers map[string]http.HandlerFunc) http.Handler {
	allowed := origins(r.config.Origins)
	methods := slices.Sorted(maps.Keys(handlers))
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		allowed.answer(w, req)
		method := req.Method
		if method == http.MethodHead {
			method = http.MethodGet
		}
		next := handlers[method]
		switch {
		case req.Method == http.MethodOptions:
			h.Set("Access-Control-Allow-Methods", strings.Join(methods, ", "))
			h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, Range")
			h.Set("Access-Control-Max-Age", "86400")
			w.WriteHeader(http.StatusNoContent)
		case next == nil:
			refuseMethod(w, methods)
		case method != http.MethodGet && !allowed.allows(req):
			r.refuseOrigin(w)
		default:
			next(w, req)
		}
	})
}

// refuseMethod says which methods there are.
func refuseMethod(w http.ResponseWriter, methods []string) {
	if i := slices.Index(methods, http.MethodGet); i >= 0 {
		methods = slices.Insert(slices.Clone(methods), i+1, http.MethodHead)
	}
	allow := strings.Join(methods, ", ")
	w.Header().Set("Allow", allow)
	refuse(w, http.StatusMethodNotAllowed, "method", "Use "+allow+" here.")
}
