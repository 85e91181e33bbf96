package rendezvous

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"syscall"
	"time"
	"unicode"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// Every error here is a sentence for the user, and Hint says what to do next. When
// the caller's context ends, the error is the cause of that context.

// UnreachableError says that no relay answers at the address.
type UnreachableError struct {
	Relay string // as the user named it
	Err   error
}

func (e *UnreachableError) Error() string {
	return fmt.Sprintf("cannot reach the relay %s: %s", e.Relay, reason(e.Err))
}

// Hint says what to do next.
func (e *UnreachableError) Hint() string {
	var dns *net.DNSError
	if errors.As(e.Err, &dns) {
		return "Check the spelling of the relay's name and your network connection."
	}
	return "Check the relay's address and port, your network connection, and that the relay is running."
}

func (e *UnreachableError) Unwrap() error { return e.Err }

// TLSError says that the relay's certificate or its TLS cannot be accepted.
type TLSError struct {
	Relay string
	Err   error
}

func (e *TLSError) Error() string {
	return fmt.Sprintf("no secure connection to the relay %s: %s", e.Relay, reason(e.Err))
}

// Hint says what to do next.
func (e *TLSError) Hint() string {
	var plain tls.RecordHeaderError
	if errors.As(e.Err, &plain) || errors.Is(e.Err, http.ErrSchemeMismatch) {
		return "That port does not speak TLS. If you trust the network up to the relay, write its address as ws://HOST:PORT."
	}
	return "Check the relay's name, its certificate, and this machine's clock."
}

func (e *TLSError) Unwrap() error { return e.Err }

// ProtocolError says that something answers at the address, but does not speak a
// relay's protocol.
type ProtocolError struct {
	Relay  string
	Reason string
	Err    error // may be nil
}

func (e *ProtocolError) Error() string {
	return fmt.Sprintf("%s does not answer as a relay of this version does: %s", e.Relay, e.Reason)
}

// Hint says what to do next.
func (e *ProtocolError) Hint() string {
	return "Check the relay's address, and that this program and the relay are of matching versions."
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
	text, _ := e.words()
	return text
}

// Hint says what to do next.
func (e *RelayError) Hint() string {
	_, hint := e.words()
	return hint
}

// words returns a refusal in words for the user, and what to do about it.
func (e *RelayError) words() (text, hint string) {
	switch {
	case e.Resuming && e.Code == wire.RoomFull:
		return fmt.Sprintf("the relay %s has no seat for this transfer now", e.Relay),
			"Its old connections may still hold the seats: try again in a minute."
	case e.Resuming && e.Code == wire.RoomExpired:
		return "the other side did not come back in time", "Start the transfer again: what arrived is not sent twice."
	case e.Sending && e.Code == wire.RoomUnknown:
		return fmt.Sprintf("the relay %s has lost this code, it may have been restarted", e.Relay), "Send again to get a new code."
	}
	switch e.Code {
	case wire.RoomUnknown:
		return "nobody is waiting with this code",
			"Check the number at the start of the code, and that the sender is still waiting."
	case wire.RoomFull:
		if e.Opening {
			return fmt.Sprintf("the relay %s has no room left", e.Relay), "Try again in a few minutes, or use another relay."
		}
		return "someone else is connected with this code already", "If that is not you, ask the sender for a new code."
	case wire.RoomUsed:
		return "this code has been used", "A code works once. Ask the sender for a new one."
	case wire.RoomTaken:
		return "the number of this code is taken", "Choose another number, or let the relay choose one."
	case wire.RoomRate:
		return fmt.Sprintf("too many attempts at the relay %s", e.Relay), waitHint(e.RetryAfter)
	case wire.RoomExpired:
		return "this code has expired, nobody used it in time", "Send again to get a new code."
	case wire.RoomClosing:
		return fmt.Sprintf("the relay %s is shutting down", e.Relay), "Try again in a minute, or use another relay."
	case wire.RoomTicket:
		return fmt.Sprintf("the relay %s does not know this sender any more", e.Relay), "Send again to get a new code."
	case wire.RoomReplaced:
		return "a newer connection of the same side has taken this one's place", "Nothing is lost: the newer connection goes on."
	case wire.RoomIdle:
		return fmt.Sprintf("the relay %s ended the connection, because nothing came through it in time", e.Relay), "Check your network connection and try again."
	default: // also RoomTooLarge, RoomMalformed and RoomWrongVersion, about which the relay's sentence says more
		return fmt.Sprintf("the relay %s refused (%v): %s", e.Relay, e.Code, e.Message),
			"Check that this program and the relay are of matching versions."
	}
}

func waitHint(d time.Duration) string {
	if d <= 0 {
		return "Wait a minute and try again."
	}
	return fmt.Sprintf("Wait %v and try again.", d.Round(time.Second))
}

// LostError says that the connection to the relay broke, or that the relay fell
// silent.
type LostError struct {
	Relay string
	Err   error
}

func (e *LostError) Error() string {
	return fmt.Sprintf("lost the connection to the relay %s: %s", e.Relay, reason(e.Err))
}

// Hint says what to do next.
func (e *LostError) Hint() string { return "Check your network connection and try again." }

func (e *LostError) Unwrap() error { return e.Err }

// reason returns the innermost cause of a network error, in few words.
func reason(err error) string {
	var (
		urlErr   *url.Error
		dns      *net.DNSError
		certs    *tls.CertificateVerificationError
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
	case errors.As(err, &certs):
		return certs.Err.Error()
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

// isTLS reports whether an error comes from TLS itself, not the network under it.
func isTLS(err error) bool {
	var (
		certs  *tls.CertificateVerificationError
		header tls.RecordHeaderError
		alert  tls.AlertError
		host   x509.HostnameError
		issuer x509.UnknownAuthorityError
	)
	return errors.Is(err, http.ErrSchemeMismatch) || errors.As(err, &certs) || errors.As(err, &header) || errors.As(err, &alert) ||
		errors.As(err, &host) || errors.As(err, &issuer)
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
