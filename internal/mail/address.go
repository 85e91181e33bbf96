package mail

import (
	"errors"
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// What an address may have, in bytes (RFC 5321, section 4.5.3.1).
const (
	MaxAddress = 254
	maxLocal   = 64
)

// ErrAddress is the error of something that is no address of one mailbox.
var ErrAddress = errors.New("it is not the address of one mailbox, such as name@example.org")

// Mailbox is an address, and the name that is shown with it, which may be empty.
type Mailbox struct {
	Name    string
	Address string
}

// String returns a Mailbox as ParseMailbox takes it.
func (m Mailbox) String() string {
	if m.Name == "" {
		return m.Address
	}
	return (&mail.Address{Name: m.Name, Address: m.Address}).String()
}

// domain returns what is behind the @.
func (m Mailbox) domain() string {
	_, domain, _ := strings.Cut(m.Address, "@")
	return domain
}

// ParseAddress parses the address of one mailbox, and nothing else: no name, no list, no
// comment, no quotes. The part before the @ has ASCII alone, since servers need not
// take more. A domain with other letters is returned in the form of the DNS, and in lower
// case. The error is ErrAddress.
func ParseAddress(text string) (string, error) {
	local, domain, ok := strings.Cut(text, "@")
	if !ok || !isLocal(local) {
		return "", ErrAddress
	}
	domain, ok = dnsName(domain)
	if !ok || len(local)+1+len(domain) > MaxAddress {
		return "", ErrAddress
	}
	return local + "@" + domain, nil
}

// dnsName returns a domain in the form of the DNS.
func dnsName(text string) (string, bool) {
	if len(text) > 4*MaxAddress || !utf8.ValidString(text) {
		return "", false
	}
	name, err := idna.Lookup.ToASCII(text)
	if err != nil || !isDomain(name) {
		return "", false
	}
	again, err := idna.Lookup.ToASCII(name) // some forms are taken that are none themselves
	return name, err == nil && again == name
}

// isLocal reports whether a text is the dot-atom before an @ (RFC 5322, section 3.2.3).
func isLocal(text string) bool {
	for atom := range strings.SplitSeq(text, ".") {
		if atom == "" || strings.ContainsFunc(atom, func(r rune) bool { return !isAtom(r) }) {
			return false
		}
	}
	return len(text) <= maxLocal
}

func isAtom(r rune) bool {
	return isLetterOrDigit(r) || strings.ContainsRune("!#$%&'*+-/=?^_`{|}~", r)
}

func isLetterOrDigit(r rune) bool {
	return r <= unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r))
}

// isDomain reports whether a text is a name in the DNS with two labels at least, the last
// of which is no number.
func isDomain(text string) bool {
	labels := strings.Split(text, ".")
	for _, label := range labels {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' ||
			strings.ContainsFunc(label, func(r rune) bool { return r != '-' && !isLetterOrDigit(r) }) {
			return false
		}
	}
	last := labels[len(labels)-1]
	return len(labels) > 1 && strings.ContainsFunc(last, func(r rune) bool { return r < '0' || r > '9' })
}

// ParseMailbox parses an address as ParseAddress does, or one with a name: Name
// <name@example.org>. The error is ErrAddress.
func ParseMailbox(text string) (Mailbox, error) {
	if !strings.Contains(text, "<") {
		address, err := ParseAddress(text)
		return Mailbox{Address: address}, err
	}
	parsed, err := mail.ParseAddress(text)
	if err != nil {
		return Mailbox{}, ErrAddress
	}
	address, err := ParseAddress(parsed.Address)
	name := CleanLine(parsed.Name, maxName)
	if err != nil || name != parsed.Name {
		return Mailbox{}, ErrAddress
	}
	return Mailbox{Name: name, Address: address}, nil
}
