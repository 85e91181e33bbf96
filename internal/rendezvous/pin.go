package rendezvous

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Pin is the SHA-256 of a relay's public key: of the SubjectPublicKeyInfo of its
// certificate. A relay that has a pinned key is the right one, whoever issued its
// certificate.
type Pin [sha256.Size]byte

// String returns the pin in base64, as curl and HTTP have it.
func (p Pin) String() string { return base64.StdEncoding.EncodeToString(p[:]) }

var errPin = errors.New("a pin is the SHA-256 of a public key, in base64 or in hex digits")

// ParsePin parses a pin: 64 hex digits, with or without colons, or base64. "sha256/"
// or "sha256:" may be before it.
func ParsePin(s string) (Pin, error) {
	s = strings.TrimSpace(s)
	// A pin in base64 may begin with a slash, and so look like the first of these
	// prefixes behind the second.
	for _, prefix := range []string{"sha256//", "sha256/", "sha256:", ""} { // curl has the first
		if len(s) > len(prefix) && strings.EqualFold(s[:len(prefix)], prefix) {
			if pin, ok := decodePin(s[len(prefix):]); ok {
				return pin, nil
			}
		}
	}
	return Pin{}, errPin
}

// decodePin decodes a pin without a prefix.
func decodePin(s string) (Pin, bool) {
	var p Pin
	var b []byte
	var err error
	if digits := strings.ReplaceAll(s, ":", ""); len(digits) == hex.EncodedLen(len(p)) {
		b, err = hex.DecodeString(digits)
	} else {
		bare := strings.TrimRight(s, "=")
		encoding := base64.RawStdEncoding
		if strings.ContainsAny(bare, "-_") {
			encoding = base64.RawURLEncoding
		}
		b, err = encoding.Strict().DecodeString(bare)
	}
	if err != nil || len(b) != len(p) {
		return Pin{}, false
	}
	return Pin(b), true
}

// PinError says that a relay has none of the pinned keys.
type PinError struct {
	Relay string
	Seen  string // the pin of the key that it has; empty if it was not asked, for want of TLS
}

func (e *PinError) Error() string {
	if e.Seen == "" {
		return fmt.Sprintf("relay %s: it is reached without TLS, so it has no key to compare with the pin", e.Relay)
	}
	return fmt.Sprintf("relay %s: its key is not the pinned one, but %s", e.Relay, e.Seen)
}

// secureRoutes returns the routes of an endpoint that have TLS.
func secureRoutes(routes []route) []route {
	return slices.DeleteFunc(slices.Clone(routes), func(r route) bool { return r.url.Scheme != "https" })
}
