package relay

import (
	"bufio"
	"net"
	"net/http"
	"strings"
	"time"
)

// observed tells the Observer of each request. The routes are the patterns of the
// mux, so that there are only a few of them.
func (r *Relay) observed(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		begin := time.Now()
		answer := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		defer func() {
			took := time.Since(begin)
			if answer.status == http.StatusSwitchingProtocols {
				took = answer.hijacked.Sub(begin)
			}
			r.config.Observer.Request(routeOf(req.Pattern), methodOf(req.Method), answer.status, took)
		}()
		mux.ServeHTTP(answer, req)
	})
}

// routeOf returns the route of a pattern.
func routeOf(pattern string) string {
	switch pattern {
	case "/{$}":
		return "/"
	case "/", "":
		return "other"
	}
	return strings.TrimPrefix(pattern, http.MethodGet+" ")
}

// methodOf returns a method, or "other": a client can invent methods.
func methodOf(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions:
		return method
	}
	return "other"
}

// statusWriter remembers the status of an answer, and when a connection became a
// WebSocket.
type statusWriter struct {
	http.ResponseWriter
	status   int
	hijacked time.Time
}

// WriteHeader implements http.ResponseWriter.
func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap is for http.ResponseController.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Hijack implements http.Hijacker.
func (w *statusWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffered, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err == nil {
		w.status, w.hijacked = http.StatusSwitchingProtocols, time.Now()
	}
	return conn, buffered, err
}
