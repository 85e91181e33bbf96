package relay

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// Access says who may use a relay. The zero value lets everyone in.
type Access struct {
	// TrustedProxies are the networks of the reverse proxies in front of the relay.
	// The address of a client that comes through them is the last entry of
	// X-Forwarded-For that is not in these networks.
	TrustedProxies []netip.Prefix
	// Allow are the networks whose clients are served; empty for all.
	Allow []netip.Prefix
	// Deny are networks whose clients are not served, whatever Allow says.
	Deny []netip.Prefix
	// Password closes the relay: who opens or joins a room has to know it, or the
	// password of one of Tokens. Empty, and without Tokens, the relay is open.
	Password string
	// Tokens are more passwords, with quotas of their own.
	Tokens []Token
}

// Token is a password with a name and quotas, which all who use it share. They
// hold beside those of each client. 0 is no limit.
type Token struct {
	Name           string `toml:"name"` // for people; it is in no log and no metric
	Password       string `toml:"password"`
	MaxRooms       int    `toml:"max-rooms"`       // codes at a time
	MaxConnections int    `toml:"max-connections"` // peers at a time
	BytesPerSecond int    `toml:"bytes-per-second"`
}

// check finds what cannot be.
func (a Access) check() error {
	if a.Password != "" && !wire.ValidRelayPassword(a.Password) {
		return fmt.Errorf("the password: at most %d bytes of UTF-8", wire.MaxRelayPassword)
	}
	names, passwords := map[string]bool{}, map[string]bool{a.Password: true}
	for _, t := range a.Tokens {
		switch {
		case t.Name == "" || names[t.Name]:
			return errors.New("tokens: each has a name of its own")
		case !wire.ValidRelayPassword(t.Password):
			return fmt.Errorf("tokens: the password of %q has to have 1 to %d bytes of UTF-8", t.Name, wire.MaxRelayPassword)
		case passwords[t.Password]:
			return fmt.Errorf("tokens: the password of %q is that of another, too", t.Name)
		case t.MaxRooms < 0 || t.MaxConnections < 0 || t.BytesPerSecond < 0:
			return fmt.Errorf("tokens: the limits of %q cannot be negative", t.Name)
		}
		names[t.Name], passwords[t.Password] = true, true
	}
	return nil
}

// serves reports whether clients at an address are served.
func (a Access) serves(addr netip.Addr) bool {
	return !contains(a.Deny, addr) && (len(a.Allow) == 0 || contains(a.Allow, addr))
}

func contains(networks []netip.Prefix, addr netip.Addr) bool {
	addr = addr.Unmap().WithZone("")
	return slices.ContainsFunc(networks, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// clientAddr returns the address that a request counts against: the one of the
// connection or, if that is a trusted proxy, the last one in X-Forwarded-For that is
// not. What stands before that comes from the client and proves nothing.
func (a Access) clientAddr(req *http.Request) netip.Addr {
	// All that have no IP address, such as the pipes of tests, count as one client.
	peer, _ := netip.ParseAddrPort(req.RemoteAddr)
	addr := peer.Addr()
	if len(a.TrustedProxies) == 0 {
		return addr
	}
	entries := strings.Split(strings.Join(req.Header.Values("X-Forwarded-For"), ","), ",")
	for _, entry := range slices.Backward(entries) {
		if !contains(a.TrustedProxies, addr) {
			break
		}
		next, ok := parseForwarded(entry)
		if !ok {
			break
		}
		addr = next
	}
	return addr
}

// parseForwarded parses an entry of X-Forwarded-For, to which some proxies add the
// port.
func parseForwarded(entry string) (netip.Addr, bool) {
	entry = strings.TrimSpace(entry)
	if addr, err := netip.ParseAddr(entry); err == nil {
		return addr, true
	}
	addr, err := netip.ParseAddrPort(entry)
	return addr.Addr(), err == nil
}

// passwords are those that open a relay. They are compared by their hashes, all of
// them each time, so that the time says nothing of them.
type passwords struct {
	hashes   [][sha256.Size]byte
	accounts []*account // nil for the one without quotas
}

func newPasswords(a Access) passwords {
	var p passwords
	add := func(password string, account *account) {
		p.hashes = append(p.hashes, sha256.Sum256([]byte(password)))
		p.accounts = append(p.accounts, account)
	}
	if a.Password != "" {
		add(a.Password, nil)
	}
	unlimited := func(n int) int {
		if n == 0 {
			return -1
		}
		return n
	}
	for _, t := range a.Tokens {
		add(t.Password, newAccount(quota{
			sockets: -1, connections: unlimited(t.MaxConnections), rooms: unlimited(t.MaxRooms), bytesPerSecond: t.BytesPerSecond,
		}))
	}
	return p
}

// find returns the account of a password, nil if it has none, and whether it opens
// the relay.
func (p passwords) find(password string) (found *account, ok bool) {
	if len(p.hashes) == 0 {
		return nil, true
	}
	hash := sha256.Sum256([]byte(password))
	match := -1
	for i := range p.hashes {
		match = subtle.ConstantTimeSelect(subtle.ConstantTimeCompare(hash[:], p.hashes[i][:]), i, match)
	}
	if match < 0 {
		return nil, false
	}
	return p.accounts[match], true
}
