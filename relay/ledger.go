package relay

import (
	"net/netip"
	"sync"

	"golang.org/x/time/rate"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// quota is what a client, or the owner of a password, may have at a time. A
// negative number is no limit.
type quota struct {
	sockets        int // TCP connections, whatever comes over them
	connections    int // WebSockets
	rooms          int // of codes
	bytesPerSecond int // 0: no limit
}

// resource is what an account counts.
type resource uint8

const (
	sockets resource = iota
	connections
	openRooms // of codes
	resources
)

func (q quota) of(r resource) int { return [...]int{q.sockets, q.connections, q.rooms}[r] }

// owner is who has something: a client, and the owner of a password unless it is
// nil.
type owner struct {
	client netip.Prefix
	proxy  bool // it is a trusted proxy, which has no quota of its own
	token  *account
}

// account is what somebody has at present. The ledger's lock guards it.
type account struct {
	quota      quota
	used       [resources]int
	nameplates [wire.MaxNameplateDigits + 1]int // by their digits, those that rest included
	speed      *rate.Limiter                    // of all that it sends; nil for no limit
}

func newAccount(q quota) *account { return &account{quota: q, speed: newSpeed(q.bytesPerSecond)} }

func (a *account) hasRoomFor(r resource) bool {
	most := a.quota.of(r)
	return most < 0 || a.used[r] < most
}

func (a *account) isEmpty() bool {
	return a.used == [resources]int{} && a.nameplates == [wire.MaxNameplateDigits + 1]int{}
}

// ledger has the accounts of all who have something.
type ledger struct {
	quota quota          // of a client
	most  [resources]int // of all together; negative for no limit

	mu      sync.Mutex
	clients map[netip.Prefix]*account
	used    [resources]int
}

func newLedger(l Limits) *ledger {
	return &ledger{
		quota:   l.quota(),
		most:    [resources]int{withHeadroom(l.MaxConnections), l.MaxConnections, -1}, // the table bounds rooms
		clients: make(map[netip.Prefix]*account),
	}
}

// claim counts one of r for o, or returns the reason if that cannot be.
func (l *ledger) claim(r resource, o owner) wire.RoomErrorCode {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.most[r] >= 0 && l.used[r] >= l.most[r] {
		return wire.RoomBusy
	}
	client := l.account(o.client)
	if !o.proxy && !client.hasRoomFor(r) || o.token != nil && !o.token.hasRoomFor(r) {
		l.drop(o.client)
		return wire.RoomQuota
	}
	l.used[r]++
	client.used[r]++
	if o.token != nil {
		o.token.used[r]++
	}
	return 0
}

func (l *ledger) release(r resource, o owner) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.used[r]--
	l.clients[o.client].used[r]--
	if o.token != nil {
		o.token.used[r]--
	}
	l.drop(o.client)
}

// claimToken counts one of r for the owner of a password alone, whose client has
// it already. release gives both back.
func (l *ledger) claimToken(r resource, token *account) bool {
	if token == nil {
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if !token.hasRoomFor(r) {
		return false
	}
	token.used[r]++
	return true
}

// speedOf returns the limit of what a client that has something sends, or nil.
func (l *ledger) speedOf(client netip.Prefix) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.account(client).speed
}

// nameplateShare is the part of the nameplates of one length that one client may
// have: one in so many.
const nameplateShare = 20

// mayHave reports whether a client may have one more of the size nameplates with
// that many digits.
func (l *ledger) mayHave(client netip.Prefix, digits, size int) bool {
	if l.quota.rooms < 0 {
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	a := l.clients[client]
	return a == nil || a.nameplates[digits] < max(1, size/nameplateShare)
}

// countNameplate adds to the nameplates of one length that a client has.
func (l *ledger) countNameplate(client netip.Prefix, digits, change int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.account(client).nameplates[digits] += change
	l.drop(client)
}

// account returns the account of a client. The ledger is locked.
func (l *ledger) account(client netip.Prefix) *account {
	a := l.clients[client]
	if a == nil {
		a = newAccount(l.quota)
		l.clients[client] = a
	}
	return a
}

// drop forgets a client that has nothing. The ledger is locked.
func (l *ledger) drop(client netip.Prefix) {
	if l.clients[client].isEmpty() {
		delete(l.clients, client)
	}
}

// newSpeed returns a limit of bytes a second, or nil for none.
func newSpeed(bytesPerSecond int) *rate.Limiter {
	if bytesPerSecond <= 0 {
		return nil
	}
	return rate.NewLimiter(rate.Limit(bytesPerSecond), max(bytesPerSecond, wire.MaxRoomFrame))
}
