// Package storelink reads and writes the links of stored transfers:
//
//	https://RELAY/d/ID#KEY
//
// RELAY is the relay's address, with the path below which it is, if there is one. ID is
// 128 bits in hexadecimal, KEY a secret of 32 bytes in base64url without padding. What
// is behind the # stays with who opens the link: a browser does not send it.
//
// Start with [Parse] and [Link].
package storelink

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// SecretSize is the number of bytes of a secret.
const SecretSize = 32

// maxLength bounds a link, in bytes.
const maxLength = 2048

// ID is the name of a stored transfer at its relay.
type ID [16]byte

// String returns the ID in 32 hexadecimal digits.
func (id ID) String() string { return hex.EncodeToString(id[:]) }

// ParseID parses what String returns, also in upper case.
func ParseID(s string) (ID, error) {
	var id ID
	if len(s) != hex.EncodedLen(len(id)) {
		return ID{}, ErrID
	}
	if _, err := hex.Decode(id[:], []byte(s)); err != nil {
		return ID{}, ErrID
	}
	return id, nil
}

// Link names a stored transfer and has its secret: who has the link reads it.
type Link struct {
	Relay  string // an http or https URL without a slash at its end
	ID     ID
	Secret [SecretSize]byte
}

// String returns the link as people get it.
func (l Link) String() string {
	return l.WithoutKey() + "#" + base64.RawURLEncoding.EncodeToString(l.Secret[:])
}

// WithoutKey returns the link without its secret.
func (l Link) WithoutKey() string { return l.Relay + "/d/" + l.ID.String() }

// What can be wrong with a link.
var (
	// ErrNotLink says that it is not a link of a stored transfer.
	ErrNotLink = errors.New("this is not a link of a stored transfer, which looks like https://RELAY/d/ID#KEY")
	// ErrID says that the ID is damaged.
	ErrID = errors.New("the part of the link between /d/ and # has to have 32 digits from 0 to f")
	// ErrNoKey says that the link has no key. Programs that show links may cut it off.
	ErrNoKey = errors.New("the key is missing: the part of the link from # on")
	// ErrKey says that the key is damaged.
	ErrKey = fmt.Errorf("the key, the part of the link behind #, has to have %d letters, digits, - and _",
		base64.RawURLEncoding.EncodedLen(SecretSize))
)

// Is reports whether a text is meant as a link of a stored transfer, and not as a code.
// Parse may still refuse it.
func Is(s string) bool {
	path, _, _ := strings.Cut(trim(s), "#")
	scheme, rest, ok := strings.Cut(path, "://")
	return ok && (strings.EqualFold(scheme, "https") || strings.EqualFold(scheme, "http")) && strings.Contains(rest, "/d/")
}

// Parse parses a link. What surrounds a link in a text may be around it: spaces, angle
// brackets, quotation marks, the punctuation behind it. Errors: ErrNotLink, ErrID,
// ErrNoKey, ErrKey. With ErrNoKey the rest of the link is returned.
func Parse(s string) (Link, error) {
	s = trim(s)
	if !Is(s) || len(s) > maxLength {
		return Link{}, ErrNotLink
	}
	address, key, _ := strings.Cut(s, "#")
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.ForceQuery {
		return Link{}, ErrNotLink
	}
	at := strings.LastIndex(u.Path, "/d/")
	if at < 0 {
		return Link{}, ErrNotLink
	}
	l := Link{}
	if l.ID, err = ParseID(strings.TrimSuffix(u.Path[at+len("/d/"):], "/")); err != nil {
		return Link{}, err
	}
	relay := url.URL{Scheme: strings.ToLower(u.Scheme), Host: u.Host, Path: strings.TrimRight(u.Path[:at], "/")}
	l.Relay = relay.String()
	if key == "" {
		return l, ErrNoKey
	}
	secret, err := base64.RawURLEncoding.Strict().DecodeString(key)
	if err != nil || len(secret) != SecretSize {
		return Link{}, ErrKey
	}
	l.Secret = [SecretSize]byte(secret)
	return l, nil
}

// trim removes what surrounds a link in a text.
func trim(s string) string {
	return strings.TrimRight(strings.TrimLeft(strings.TrimSpace(s), `<"'([`), `>"')].,;:!? `)
}
