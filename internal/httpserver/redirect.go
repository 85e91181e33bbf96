package httpserver

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// RedirectTimeout is the time that an answer of Redirect may take.
const RedirectTimeout = requestTimeout

// Redirect sends clients to the same address by HTTPS, at a port.
func Redirect(port string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		host, ok := hostOf(req)
		if !ok {
			http.Error(w, "The request names no host.", http.StatusBadRequest)
			return
		}
		target := "https://" + host
		if port != "443" {
			target += ":" + port
		}
		path := req.URL.EscapedPath()
		if !strings.HasPrefix(path, "/") { // or it would belong to the host
			path = "/"
		}
		h.Set("Location", target+path)
		if req.URL.RawQuery != "" {
			h.Set("Location", h.Get("Location")+"?"+req.URL.RawQuery)
		}
		h.Set("Cache-Control", "max-age="+maxAge)
		status := http.StatusMovedPermanently
		if req.Method != http.MethodGet && req.Method != http.MethodHead {
			status = http.StatusPermanentRedirect // which keeps the method
		}
		w.WriteHeader(status)
	})
}

// maxAge is how long a browser may remember a redirect, in seconds: no longer, in
// case the relay moves.
const maxAge = "3600"

// hostOf returns the host of a request without its port, as it is written in a URL;
// false if it is none.
func hostOf(req *http.Request) (string, bool) {
	host := req.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	} else if inner, ok := strings.CutPrefix(host, "["); ok && strings.HasSuffix(inner, "]") {
		host = strings.TrimSuffix(inner, "]")
	}
	if addr, err := netip.ParseAddr(host); err == nil {
		if addr.Is6() {
			return "[" + host + "]", addr.Zone() == ""
		}
		return host, true
	}
	for _, c := range host {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune(".-_", c)) {
			return "", false
		}
	}
	return host, host != "" && len(host) <= 253
}
