package relay

import (
	"net/http"
	"strconv"
	"time"
)

// strictTransport is how long browsers reach this host by HTTPS alone once they have
// reached it so.
const strictTransport = 365 * 24 * time.Hour

// withHeaders adds to every answer what browsers need to know for the safety of the
// pages. A handler may replace the policy of what its page loads.
func withHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		if req.TLS != nil {
			h.Set("Strict-Transport-Security", "max-age="+strconv.Itoa(int(strictTransport.Seconds())))
		}
		next.ServeHTTP(w, req)
	})
}
