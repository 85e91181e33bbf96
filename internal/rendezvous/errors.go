package rendezvous

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"
	"syscall"
	"time"
	"unicode"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// The errors here are facts; who shows them to people finds the words. When the
// caller's context ends, the error is the cause of that context.

// ErrNoAddress means that no relay was named.
var ErrNoAddress = errors.New("there is no address of a relay")

// UnreachableError says that no relay answers at the address.
type UnreachableError struct {
	Relay string // as the user named it
	Proxy string // HOST:PORT of the proxy on the way, which may be what does not answer
	// Offline is set if this machine has no address but its loopback ones.
	Offline bool
	Err     error
}

func (e *UnreachableError) Error() string {
	if e.Proxy != "" {
		return fmt.Sprintf("relay %s is unreachable through the proxy %s: %s", e.Relay, e.Proxy, Cause(e.Err))
	}
	return fmt.Sprintf("relay %s is unreachable: %s", e.Relay, Cause(e.Err))
}

// UnknownHost reports whether no host has the relay's name.
func (e *UnreachableError) UnknownHost() bool {
	var dns *net.DNSError
	return errors.As(e.Err, &dns)
}

func (e *UnreachableError) Unwrap() error { return e.Err }

// TLSError says that the relay's certificate or its TLS cannot be accepted.
type TLSError struct {
	Relay string
	Err   error
}

func (e *TLSError) Error() string { return fmt.Sprintf("relay %s: TLS: %s", e.Relay, Cause(e.Err)) }

// Plain reports whether the relay does not speak TLS at all.
func (e *TLSError) Plain() bool { return isPlain(e.Err) }

func (e *TLSError) Unwrap() error { return e.Err }

// ProtocolError says that something answers at the address, but does not speak a
// relay's protocol.
type ProtocolError struct {
	Relay  string
	Reason string
	Err    error // may be nil
}

func (e *ProtocolError) Error() string {
	return fmt.Sprintf("relay %s: protocol: %s", e.Relay, e.Reason)
}

func (e *ProtocolError) Unwrap() error { return e.Err }

// RelayError is a refusal by the relay.
type RelayError struct {
	Relay string
	Code  wire.RoomErrorCode
	// Message is the relay's own sentence, without control characters. It is
	// foreign text.
	Message string
	// Opening is set if it was a new room that was refused.
	Opening bool
	// Sending is set if a sender was refused.
	Sending bool
	// Resuming is set if it was in a resume room.
	Resuming bool
	// RetryAfter is how long the relay asks to wait, zero if it does not say.
	RetryAfter time.Duration
}

func (e *RelayError) Error() string {
	return fmt.Sprintf("relay %s refused: %v: %s", e.Relay, e.Code, e.Message)
}

// LostError says that the connection to the relay broke, or that the relay fell
// silent.
type LostError struct {
	Relay string
	Err   error
}

func (e *LostError) Error() string { return fmt.Sprintf("relay %s is lost: %s", e.Relay, Cause(e.Err)) }

func (e *LostError) Unwrap() error { return e.Err }

// Cause returns the innermost cause of a network error, in few words.
func Cause(err error) string {
	var (
		urlErr   *url.Error
		dns      *net.DNSError
		sysErr   *os.SyscallError
		netErr   net.Error
		innerErr = err
	)
	if errors.As(err, &urlErr) {
		innerErr = urlErr.Err
	}
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		return fmt.Sprintf("there is no host named %s", dns.Name)
	case certificateCause(err) != "":
		return certificateCause(err)
	case errors.Is(err, syscall.ECONNREFUSED):
		return "the connection was refused"
	case errors.As(err, &netErr) && netErr.Timeout(), errors.Is(err, context.DeadlineExceeded):
		return "no answer in time"
	case errors.As(err, &sysErr):
		return sysErr.Err.Error()
	default:
		return innerErr.Error()
	}
}

// printable removes from foreign text what could control a terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return -1
	}, s)
}
